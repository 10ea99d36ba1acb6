// SPDX-License-Identifier: Apache-2.0
// Notices in the tongues of their readers, that give no reason and have no fields: failed, or not
// yet? All mails here were written for these tests.
#include <gtest/gtest.h>

#include <string>

#include "tests/bounce/told_by.h"

namespace tenax::bounce {
namespace {

struct Tongue {
  std::string_view tag;
  std::string_view subject;
  std::string_view words;
};

void PrintTo(const Tongue& tongue, std::ostream* out) { *out << tongue.tag; }

std::string mail_in(const Tongue& tongue) {
  std::string mail{"From: postmaster@example.net\nTo: ann@example.org\nSubject: "};
  mail.append(tongue.subject).append("\nContent-Type: text/plain; charset=utf-8\n\n");
  return mail.append(tongue.words).append("\n\n       bob@example.net\n\n");
}

constexpr Tongue kFailures[] = {
    {"de", "Benachrichtigung zum Übermittlungsstatus (Fehlgeschlagen)",
     "Übermittlung an folgende Empfänger fehlgeschlagen."},
    {"fr", "Notification d'état de remise (échec)", "Échec de la remise aux destinataires :"},
    {"es", "Notificación de estado de entrega (error)", "Error de entrega a los destinatarios:"},
    {"it", "Notifica sullo stato del recapito (errore)", "Recapito non riuscito ai destinatari:"},
    {"pt", "Notificação de status de entrega (falha)", "Falha na entrega aos destinatários:"},
    {"nl", "Statusmelding van bezorging (mislukt)", "Bezorging aan de volgende is mislukt:"},
    {"pl", "Powiadomienie o stanie dostarczenia", "Dostarczenie do następujących zawiodło:"},
    {"cs", "Oznámení o stavu doručení (selhání)", "Doručení těmto příjemcům se nezdařilo:"},
    {"sv", "Meddelande om leveransstatus", "Leverans till följande misslyckades:"},
    {"tr", "Teslim Durumu Bildirimi", "Aşağıdakilere teslim başarısız oldu:"},
    {"ru", "Уведомление о состоянии доставки (сбой)", "Доставка следующим не удалась:"},
    {"ja", "配信状態通知 (失敗)", "次の受信者への配信に失敗しました。"},
    {"zh", "传递状态通知(失败)", "未能传递到下列收件人。"},
    {"ko", "배달 상태 알림(실패)", "다음 받는 사람에게 배달하지 못했습니다."},
};

constexpr Tongue kDelays[] = {
    {"de", "Benachrichtigung zum Übermittlungsstatus (Verzögerung)",
     "Übermittlung an folgende Empfänger wurde verzögert."},
    {"fr", "Notification d'état de remise (délai)", "La remise aux destinataires est retardée :"},
    {"es", "Notificación de estado de entrega (retraso)",
     "Se ha retrasado la entrega a los "
     "siguientes:"},
    {"it", "Notifica sullo stato del recapito (ritardo)", "Il recapito ai seguenti è ritardato:"},
    {"pt", "Notificação de status de entrega (atraso)", "A entrega aos seguintes está atrasada:"},
    {"nl", "Statusmelding van bezorging (vertraging)", "Bezorging aan de volgende is vertraagd:"},
    {"ru", "Уведомление о состоянии доставки (задержка)", "Доставка следующим задержана:"},
    {"ja", "配信状態通知 (遅延)",
     "メッセージを再送信する必要はありません。\n\n次の受信者への配信が遅れています。"},
    {"zh", "传递状态通知(延迟)", "传递到下列收件人的邮件已延迟。"},
};

constexpr Tongue kSuccesses[] = {
    {"de", "Benachrichtigung zum Übermittlungsstatus (Erfolgreich)",
     "Die Nachricht wurde an folgende Empfänger übermittelt:"},
    {"fr", "Notification d'état de remise (succès)", "Votre message a été remis à :"},
    {"es", "Notificación de estado de entrega (correcto)", "El mensaje se entregó a:"},
    {"it", "Notifica sullo stato del recapito (operazione riuscita)", "Recapitato a:"},
    {"pt", "Notificação de status de entrega (êxito)", "A mensagem foi entregue a:"},
    {"nl", "Statusmelding van bezorging (geslaagd)", "Het bericht is bezorgd bij:"},
    {"ru", "Уведомление о состоянии доставки (успех)", "Сообщение доставлено:"},
    {"ja", "配信状態通知 (成功)", "次の受信者に配信されました。"},
};

class AFailureToldInATongue : public ::testing::TestWithParam<Tongue> {};

TEST_P(AFailureToldInATongue, IsReadAsOne) {
  EXPECT_EQ(told_by(mail_in(GetParam())), "bounce; failed bob@example.net 5.0.0 other");
}

class ADelayToldInATongue : public ::testing::TestWithParam<Tongue> {};

TEST_P(ADelayToldInATongue, IsReadAsOne) {
  EXPECT_EQ(told_by(mail_in(GetParam())), "bounce; delayed bob@example.net 4.4.7 expired");
}

class ASuccessToldInATongue : public ::testing::TestWithParam<Tongue> {};

TEST_P(ASuccessToldInATongue, IsNoFailure) {
  EXPECT_EQ(told_by(mail_in(GetParam())), "bounce; delivered bob@example.net 2.0.0 other");
}

TEST(ADeliveryToldInATongue, WithAnotherSubjectIsNoFailureEither) {
  const Tongue relayed{"de", "Weitergeleitet: Bestellung",
                       "Die Zustellung an folgende Empfänger ist abgeschlossen, aber vom "
                       "Zielserver wurde keine Benachrichtigung gesendet:"};
  EXPECT_EQ(told_by(mail_in(relayed)), "none");
}

INSTANTIATE_TEST_SUITE_P(Tongues, ASuccessToldInATongue, ::testing::ValuesIn(kSuccesses),
                         [](const auto& test) { return std::string{test.param.tag}; });
INSTANTIATE_TEST_SUITE_P(Tongues, AFailureToldInATongue, ::testing::ValuesIn(kFailures),
                         [](const auto& test) { return std::string{test.param.tag}; });
INSTANTIATE_TEST_SUITE_P(Tongues, ADelayToldInATongue, ::testing::ValuesIn(kDelays),
                         [](const auto& test) { return std::string{test.param.tag}; });

}  // namespace
}  // namespace tenax::bounce
