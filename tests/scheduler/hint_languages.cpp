// SPDX-License-Identifier: Apache-2.0
// The same in the languages the lexicon knows.
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {

std::vector<Family> languages() {
  return {
      {"German",
       {
           {"451 4.7.1 Greylisting aktiv, bitte versuchen Sie es in 5 Minuten erneut",
            "wait pair 5m"},
           {"450 Bitte versuchen Sie es später erneut (in 10 Minuten)", "wait recipient 10m"},
           {"450 Bitte warten Sie mindestens 300 Sekunden", "wait recipient 5m"},
           {"450 Bitte in einer halben Stunde nochmals versuchen", "wait recipient 30m"},
           {"450 Bitte nach 14:30 Uhr erneut versuchen", "wait recipient 2h30m"},
           {"450 Für 2 Stunden gesperrt", "wait recipient 2h"},
           {"421 Zu viele Verbindungen von Ihrer IP-Adresse", "concurrency address"},
           {"421 Zu viele gleichzeitige Verbindungen", "concurrency host"},
           {"452 Zu viele Empfänger", "per transaction"},
           {"450 Maximal 100 Nachrichten pro Stunde", "rate address 100/1h"},
           {"450 Limit von 30 Mails pro Stunde überschritten", "rate address 30/1h"},
           {"450 Sie senden zu schnell", "rate address"},
           {"421 Maximal 10 E-Mails pro Verbindung", "per connection 10"},
       }},
      {"French",
       {
           {"450 Veuillez réessayer dans 5 minutes", "wait recipient 5m"},
           {"450 Réessayez dans une demi-heure", "wait recipient 30m"},
           {"450 Adresse sur liste grise, réessayez dans 10 minutes", "wait pair 10m"},
           {"450 Veuillez patienter 300 secondes avant de réessayer", "wait recipient 5m"},
           {"421 Trop de connexions depuis votre adresse IP", "concurrency address"},
           {"452 Trop de destinataires", "per transaction"},
           {"450 Limite de 50 messages par heure dépassée", "rate address 50/1h"},
           {"421 Trop de messages dans cette session", "per connection"},
       }},
      {"Spanish",
       {
           {"451 Demasiadas conexiones desde su dirección IP, intente de nuevo en 15 minutos",
            "wait address 15m, concurrency address"},
           {"450 Por favor, inténtelo de nuevo en 5 minutos", "wait recipient 5m"},
           {"450 Espere 10 minutos antes de reintentar", "wait recipient 10m"},
           {"450 Demasiados destinatarios", "per transaction"},
           {"450 Máximo 100 mensajes por hora", "rate address 100/1h"},
           {"450 Su IP ha sido bloqueada por 1 hora", "wait address 1h"},
       }},
      {"Italian",
       {
           {"451 Troppe connessioni, riprova tra 10 minuti", "wait host 10m, concurrency host"},
           {"450 Riprovare tra un'ora", "wait recipient 1h"},
           {"450 Attendere 5 minuti prima di riprovare", "wait recipient 5m"},
           {"450 Troppi destinatari", "per transaction"},
           {"450 Massimo 50 messaggi ogni 10 minuti", "rate address 50/10m"},
       }},
      {"Portuguese",
       {
           {"451 Muitas conexões, tente novamente em 5 minutos", "wait host 5m, concurrency host"},
           {"450 Aguarde 10 minutos", "wait recipient 10m"},
           {"450 Limite de 100 mensagens por hora excedido", "rate address 100/1h"},
       }},
      {"Dutch",
       {
           {"451 Te veel verbindingen, probeer het over 5 minuten opnieuw",
            "wait host 5m, concurrency host"},
           {"450 Probeer het over een uur opnieuw", "wait recipient 1h"},
           {"450 Te veel ontvangers", "per transaction"},
           {"450 Wacht 10 minuten", "wait recipient 10m"},
       }},
      {"Polish",
       {
           {"451 Zbyt wiele połączeń, spróbuj ponownie za 5 minut",
            "wait host 5m, concurrency host"},
           {"450 Limit 100 wiadomości na godzinę przekroczony", "rate address 100/1h"},
       }},
      {"Russian",
       {
           {"451 Слишком много соединений, повторите попытку через 5 минут",
            "wait host 5m, concurrency host"},
           {"450 Пожалуйста, повторите через 1 час", "wait recipient 1h"},
           {"450 Превышен лимит: 100 писем в час", "rate address 100/1h"},
           {"450 ПОВТОРИТЕ ПОПЫТКУ ЧЕРЕЗ 30 СЕКУНД", "wait recipient 30s"},
           {"452 Слишком много получателей", "per transaction"},
       }},
      {"Chinese",
       {
           {"451 请5分钟后重试", "wait recipient 5m"},
           {"451 请在 10 分钟后再试", "wait recipient 10m"},
           {"451 灰名单，请半小时后重试", "wait pair 30m"},
           {"421 連接過多，請稍後再試", "concurrency host"},
           {"421 并发连接数过多", "concurrency host"},
           {"450 发送频率超过限制", "rate address"},
       }},
      {"Japanese",
       {
           {"451 300秒後に再試行してください", "wait recipient 5m"},
           {"451 1時間後に再送信してください", "wait recipient 1h"},
           {"421 同時接続数が多すぎます", "concurrency host"},
           {"452 宛先が多すぎます", "per transaction"},
       }},
  };
}

}  // namespace tenax::scheduler
