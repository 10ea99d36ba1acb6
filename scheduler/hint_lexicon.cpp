// SPDX-License-Identifier: Apache-2.0
#include "scheduler/hint_lexicon.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tenax::scheduler::hints {

namespace {

struct Meaning {
  Word word;
  std::string_view spellings;  // between blanks; "verbindung*" is every word that begins so
};

// Without accents, in lower case; in the order English, German, French, Spanish, Italian,
// Portuguese, Dutch, Polish, Czech, Russian, Chinese, Japanese, Korean. A spelling stands once.
constexpr Meaning kMeanings[] = {
    {Word::again,
     "again anew erneut nochmal nochmals wieder nouveau encore nuevo nuevamente nuovamente "
     "novamente opnieuw ponownie znovu opet igen igjen uudelleen tekrar ujra снова повторно еще "
     "ще знову nou 再次 重新 再度 다시"},
    {Word::retry,
     "retry retries retrying reattempt* resend* resent reconnect* redeliver* retransmit* requeue "
     "wiederhol* reessay* renvoy* reintent* reenvi* riprov* ritent* rinvia* ponow* renouvel* "
     "opakujte zopakujte повтор* 再试 再試 重试 重試 重发 重投 재시도 再試行 再送 再送信"},
    {Word::try_,
     "try tries trying versuch* probier* essay* tentez intente intenta provi prova provare provate "
     "tente "
     "tenta tentar tentare probeer* sprob* proba proby probuj* probal* probar prov zkuste zkusit "
     "forsok* kokeile yrita deneyin incerca* попробуйте спробуйте 尝试 試行"},
    {Word::attempt, "attempt attempts attempted attempting pokus* попыт* спроб*"},
    {Word::back,
     "back zuruck zurueck revenez revenir terug torni vuelva volte wroc reveni* вернитесь"},
    {Word::later,
     "later spater spaeter tard tarde tardi pozniej позже позднее 稍后 稍後 以后再 後で のちほど"},
    {Word::wait,
     "wait hold sleep pause warten warte attendez attendre patientez patienter espere esperar "
     "attendere attenda attendi aguarde aguardar vanta vent venter odota bekleyin varjon wacht "
     "wachten czekaj poczekaj odczekaj подождите ждите 等待 请等 お待ち 待って"},
    {Word::delay,
     "delay verzogerung verzoegerung delai retardo demora ritardo atraso vertraging opoznienie "
     "задержка penalty wartezeit cooldown backoff"},
    {Word::remaining,
     "remaining remain remains left verbleiben* restant* rimanent* resterend* pozostalo осталось"},
    {Word::in, "in dans en dentro tra fra em"},
    {Word::in_a, "za через"},
    {Word::after,
     "after nach apres despues dopo depois once po sonra kuluttua mulva efter etter после спустя "
     "后 後 以后 以後 之后 之後 経過後 후"},
    {Word::for_, "for fur fuer pendant pour durante para voor przez"},
    {Word::until, "until till bis jusqu jusqua hasta fino ate tot do до までに"},
    {Word::at, "at um om"},
    {Word::before, "before earlier sooner vor avant antes prima przed"},
    {Word::between, "between zwischen entre tussen между"},
    {Word::within, "within during innerhalb wahrend binnen entro"},
    {Word::every, "every each alle jede jeder chaque toutes cada ogni elke co каждые каждый"},
    {Word::per, "per pro je par por al na в на 每 毎"},
    {Word::over, "over peste"},
    {Word::from, "from von da van od от"},
    {Word::now, "now jetzt maintenant ahora adesso agora nu teraz"},
    {Word::ago, "ago old alt"},
    {Word::is, "is ist"},
    {Word::passed, "passed elapsed vergangen verstrichen ecoulees ecoulee transcurrid* trascors*"},
    {Word::delivered, "delivered undelivered zugestellt"},
    {Word::seen, "received seen arrived erhalten eingegangen recu recibid* ricevut*"},
    {Word::last,
     "last past previous preceding recent letzten letzter vergangenen dernier* ultim* laatste "
     "ostatni* последн* 过去 直近"},
    {Word::next, "next nachsten naechsten prochain* proxim* prossim* volgende"},
    {Word::about,
     "about approximately approx roughly around ca circa least minimum exactly another further "
     "please bitte sie es vous additional more rolling the of to up ablauf uplywie ungefahr etwa "
     "mindestens weitere weiteren der die den des environ moins au les las los aproximadamente "
     "menos almeno meno ongeveer minstens okolo около минимум de di"},
    {Word::and_, "and und et y e i и"},
    {Word::one,
     "a an one ein eine einen einer eines un une una uno uma een jedna jedno одну один одна"},
    {Word::half, "half halbe halben halber demi demie media mezza mezz meia pol pul 半"},
    {Word::quarter, "quarter quarters viertel quart quarts cuarto cuartos quarto quarti"},
    {Word::few,
     "few several some couple paar einige einigen wenige wenigen quelques algunos unos pochi "
     "alcuni alguns enkele kilka несколько 几 数"},
    {Word::millisecond, "ms millisecond milliseconds msec"},
    {Word::second,
     "s sec secs second seconds sek sekunde sekunden seconde secondes seg segs segundo segundos "
     "secondo secondi seconden sekund sekundy sekundach secunde секунд секунды секунду секунди "
     "sekundu sekunder sekuntia sekunnin saniye masodperc сек 秒 秒钟 秒鐘 秒間 초"},
    {Word::minute,
     "m mn min mins minute minutes minuten minuto minutos minuti minuut minut minuty minutach "
     "minuter minutter minuuttia minuutin dakika dakikadan perc минут минуты хвилин хвилини "
     "хвилину хв минуту мин minutu 分 分钟 分鐘 分間 분"},
    {Word::hour,
     "h hr hrs hour hours stunde stunden std heure heures hora horas ora ore uur uren godzina "
     "godzine godziny godzin hodinu hodiny hodin timme timmar tunti tunnin tuntia saat час часа "
     "часов годин годину години ч 小时 小時 時間 시간"},
    {Word::day,
     "d day days dygn dagar dage dager paivaa paivan tag tage tagen jour jours dia dias giorno "
     "giorni dag dagen dni dzien день дня дней сутки суток днів zile zi 天 日間"},
    {Word::week,
     "week weeks woche wochen semaine semaines semana semanas settimana settimane weken"},
    {Word::hourly,
     "hourly stundlich* stuendlich* horaire oraria orario horaria horario hodinov* saatlik "
     "часовой часового почасов* ежечасн*"},
    {Word::daily,
     "daily taglich* taeglich* quotidien* journalier* diari* giornalier* dagelijks* dagligt "
     "daglig dzienn* denni gunluk zilnic* 每日 毎日 суточн* дневн* ежедневн*"},
    {Word::tomorrow, "tomorrow morgen demain manana domani amanha jutro завтра 明天 明日"},
    {Word::midnight, "midnight mitternacht minuit medianoche mezzanotte"},
    {Word::greylisted,
     "greylist* graylist* postgrey* sqlgrey* grise grises 灰名单 グレイリスト グレーリスト"},
    {Word::listed, "listed listing blacklist blocklist denylist"},
    {Word::list, "list listen liste"},
    {Word::grey, "grey gray grau graue grauen"},
    {Word::blocked,
     "block blocked blocking blocks ban banned bans blacklisted blocklisted suspended suspend "
     "paused "
     "deferred defer deferral deferring unavailable refused denied disabled locked penalized "
     "restricted jailed tempfailed gesperrt blockiert abgelehnt bloqu* suspend* refus* rechaz* "
     "bloccat* bloquead* geblokkeerd geweigerd zablokowan* заблокирован* блокировк* отклонен* 禁止 "
     "拒绝 拒否"},
    {Word::delayed, "delayed"},
    {Word::rejected, "rejected reject"},
    {Word::closing,
     "closing close closed dropping dropped terminating terminated disconnecting disconnected "
     "lost aborting aborted goodbye"},
    {Word::accepted,
     "accept accepted accepting accepts lifted unblocked unbanned permitted angenommen annahme "
     "akzeptiert accepte* aceptad* accettat*"},
    {Word::expires, "expire expires expiry reset resets released removed lasts"},
    {Word::ends, "ends endet"},
    {Word::begins,
     "start starts begin begins opens reopens renews renewed refills refilled resumes"},
    {Word::valid, "valid gultig valable valido valida kept remembered stored cached"},
    {Word::due,
     "due deleted deletion purged purge erased cancelled canceled payment invoice bill renewal "
     "geloscht"},
    {Word::credential,
     "password passwords passwort certificate certificates subscription licence license"},
    {Word::timeout, "timeout timeouts timed idle inactiv* stale unresponsive"},
    {Word::connection,
     "connection connections conn conns session sessions channel channels verbindung* sitzung* "
     "connexion* conexion* sesion* connession* session* conexao conexoes ligacoes verbinding* "
     "sessies polacz* соединен* подключен* 连接 連接 连接数 接続 anslutning* forbindels* "
     "tilkobling* yhteyks* yhteytta kapcsolat* spojeni pripojeni baglant* conexiuni koneksi "
     "підключен* 연결 접속"},
    {Word::message,
     "message messages msg msgs mail mails email emails letter letters delivery deliveries "
     "nachricht* courriel* mensaje* correo* messagg* mensage* mensagem bericht* wiadomos* zprav* "
     "писем письма письмо сообщени* 邮件 郵件 信件 メール 邮件数 meddeland* besked* melding* "
     "viesti* uzenet* mesaj* ileti iletiler pesan лист листів листа 메시지 메일"},
    {Word::transaction, "transaction transactions envelope envelopes"},
    {Word::recipients,
     "recipients rcpt rcpts empfanger empfaenger destinataires destinatarios destinatari "
     "ontvangers odbiorc* получател* 收件人 宛先 受信者"},
    {Word::mailbox,
     "user recipient mailbox account postfach benutzer utilisateur usuario utente ящик ящика 用户"},
    {Word::failure,
     "error errors hop hops command commands login logins auth authentication authentications "
     "bad invalid unknown nonexistent nonexisting failed failing failure failures defers bounce "
     "bounces wrong spam spams junk virus viruses unauthenticated headers lookups header aliases "
     "redirects forwards levels files fehler fehlern ungultig* erreur* ошиб* unverified"},
    {Word::size,
     "size sizes sized bytes octets kb mb gb kib mib storage space large larger big length long "
     "lines disk full attachment attachments grosse speicher* taille espace tamano dimension*"},
    {Word::quota, "quota quotas credits kontingent contingent"},
    {Word::rate,
     "rate rates frequency velocity throughput frequenz frequence frecuencia frequenza debit "
     "czestotliwosc 频率 頻率 频次 頻度"},
    {Word::limit,
     "limit limits limited limiting limitation limitations limite limites limita* limiet cap "
     "caps threshold allowance allowed allows allow control controls begrenz* beschrank* grenze "
     "grenzwert grans лимит* ограничен* 限制 制限 上限"},
    {Word::max,
     "max maximum maximal maximale maximo maxima massimo most hochst* hoechst* макс* 最大 最多"},
    {Word::exceed,
     "exceed exceeded exceeds exceeding overlimit reached reaching overrun uberschr* ueberschr* "
     "erreicht depass* atteint* superad* superat* excedid* raggiunt* alcanzad* overschreden "
     "bereikt przekrocz* превыш* 超过 超過 超出 超え 达到 達到"},
    {Word::too, "too zu te zbyt слишком prilis cok tul liian prea terlalu занадто"},
    {Word::many,
     "many much viele vielen viel veel wiele wielu duzo много mnoho fazla sok monta multe banyak "
     "багато"},
    {Word::too_many,
     "trop demasiad* tropp* muitos muitas excesso exceso excessive excess 太多 过多 過多 多すぎ "
     "过大 manga mange забагато 너무 너무많"},
    {Word::fast,
     "fast quick quickly rapid rapidly rapide frequent frequently often soon schnell haufig "
     "haeufig vite rapido rapidamente snel szybko часто быстро 频繁 頻繁 过快"},
    {Word::slow, "slow"},
    {Word::down, "down"},
    {Word::slower, "slower slowdown langsamer ralent* 降低"},
    {Word::throttled,
     "throttle throttled throttling throttles ratelimit ratelimited ratelimits ratelimiting "
     "gedrosselt bridee"},
    {Word::unusual, "unusual unusually unexpected abnormal abnormally unprecedented"},
    {Word::volume, "volume volumes traffic flood flooding burst bursts"},
    {Word::concurrent,
     "concurrent concurrently concurrency simultaneous simultaneously parallel open opened "
     "active gleichzeitig* simultan* contemporane* gelijktijdig* jednoczesn* одновременн* 并发 "
     "同时 "
     "同時"},
    {Word::number,
     "number numbers count amount quantity anzahl nombre numero liczba число 数量 总数"},
    {Word::only, "only nur seulement solo tylko только"},
    {Word::than, "than als"},
    {Word::busy, "busy overloaded ausgelastet occupe ocupado"},
    {Word::sending,
     "send sending sent outgoing outbound versand senden gesendet envoi envois envio invio 发送 "
     "发信"},
    {Word::receiving, "receiving empfangt recevoir"},
    {Word::this_,
     "this that same single current diese dieser diesem cette cet ce este esta questa questo "
     "deze tej 当前 本次"},
    {Word::your, "your you yours ihre ihrer ihren votre vos su tuo uw twoj ваш* вас"},
    {Word::their, "their his her"},
    {Word::ip, "ip ips ipv"},
    {Word::host, "host hosts hostname client clients mta server servers relay network"},
    {Word::sender, "sender senders absender* expediteur* remitente mittente remetente afzender"},
    {Word::domain, "domain domaine dominio domein домен* 域名"},
};

using Entry = std::pair<std::string_view, int>;

/// Spellings and what they stand for, sorted. Most words of a reply are in none of these lists: the
/// first byte alone tells it of many.
class Spellings {
 public:
  void add(std::string_view spelling, int value) { entries_.emplace_back(spelling, value); }

  /// The first meaning of a spelling that stands twice wins, whatever the library's sort does.
  void sort() {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.first < b.first; });
    for (const auto& [spelling, value] : entries_) {
      ++start_[first_byte(spelling) + 1];
      lengths_[first_byte(spelling)] |= std::uint64_t{1} << spelling.size();
    }
    for (std::size_t i = 1; i < start_.size(); ++i) start_[i] += start_[i - 1];
  }

  [[nodiscard]] std::optional<int> find(std::string_view spelling) const {
    if (spelling.empty() || spelling.size() > kLongestSpelling) return std::nullopt;
    const std::size_t first = first_byte(spelling);
    if ((lengths_[first] >> spelling.size() & 1) == 0) return std::nullopt;
    const auto end = entries_.begin() + start_[first + 1];
    const auto at =
        std::lower_bound(entries_.begin() + start_[first], end, spelling,
                         [](const Entry& entry, std::string_view s) { return entry.first < s; });
    return at != end && at->first == spelling ? std::optional{at->second} : std::nullopt;
  }

 private:
  static constexpr std::size_t kLongestSpelling = 40;  // a bit each

  static std::size_t first_byte(std::string_view text) {
    return static_cast<unsigned char>(text[0]);
  }

  std::vector<Entry> entries_;
  std::array<int, 257> start_{};              // by first byte
  std::array<std::uint64_t, 256> lengths_{};  // by first byte: which there are
};

/// Each word between blanks.
template <class Visit>
void for_each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) visit(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

struct Lexicon {
  Spellings whole;
  Spellings beginning;  // of the spellings with a star
};

Lexicon make_lexicon() {
  Lexicon lexicon;
  for (const Meaning& meaning : kMeanings) {
    for_each_word(meaning.spellings, [&lexicon, &meaning](std::string_view spelling) {
      const bool starred = spelling.ends_with('*');
      if (starred) spelling.remove_suffix(1);
      Spellings& table = starred ? lexicon.beginning : lexicon.whole;
      table.add(spelling, static_cast<int>(meaning.word));
    });
  }
  lexicon.whole.sort();
  lexicon.beginning.sort();
  return lexicon;
}

/// Sorted once, never changed.
const Lexicon& lexicon() {
  static const Lexicon made = make_lexicon();
  return made;
}

struct Named {
  std::string_view names;  // between blanks
  int value;
};

template <std::size_t N>
Spellings sorted(const std::array<Named, N>& table) {
  Spellings spellings;
  for (const Named& entry : table) {
    for_each_word(entry.names, [&](std::string_view name) { spellings.add(name, entry.value); });
  }
  spellings.sort();
  return spellings;
}

constexpr std::array<Named, 13> kNumerals = {{
    {"two zwei deux dos due dois duas twee dwie два две 两 二", 2},
    {"three drei trois tres drie trzy три 三", 3},
    {"four vier quatre cuatro quattro quatro четыре 四", 4},
    {"five funf fuenf cinq cinco cinque vijf piec пять 五", 5},
    {"six sechs seis sechs", 6},
    {"ten zehn dix diez dieci dez tien dziesiec десять 十", 10},
    {"twelve zwolf douze doce dodici", 12},
    {"fifteen funfzehn quinze quince quindici vijftien pietnascie пятнадцать 十五", 15},
    {"twenty zwanzig vingt veinte venti vinte twintig двадцать 二十", 20},
    {"thirty dreissig trente treinta trenta trinta dertig тридцать 三十", 30},
    {"sixty sechzig soixante sesenta sessanta zestig шестьдесят 六十", 60},
    {"ninety neunzig", 90},
    {"hundred hundert cien cento honderd sto сто", 100},
}};

constexpr std::array<Named, 12> kMonths = {{
    {"jan january", 1},
    {"feb february", 2},
    {"mar march", 3},
    {"apr april", 4},
    {"may", 5},
    {"jun june", 6},
    {"jul july", 7},
    {"aug august", 8},
    {"sep sept september", 9},
    {"oct october", 10},
    {"nov november", 11},
    {"dec december", 12},
}};

constexpr std::array<Named, 15> kZones = {{
    {"utc gmt z ut zulu wet", 0},
    {"cet bst mez", 60},
    {"cest eet sast mesz", 120},
    {"msk eest", 180},
    {"ist", 330},
    {"hkt sgt awst", 480},
    {"jst kst", 540},
    {"aest", 600},
    {"aedt", 660},
    {"nzst", 720},
    {"brt", -180},
    {"edt", -240},
    {"est cdt", -300},
    {"cst mdt", -360},
    {"mst pdt", -420},
}};

}  // namespace

Word meaning_of(std::string_view folded) {
  constexpr std::size_t kLongestWord = 40;
  constexpr std::size_t kShortestBeginning = 3;
  if (folded.empty() || folded.size() > kLongestWord) return Word::other;
  if (const auto word = lexicon().whole.find(folded)) return static_cast<Word>(*word);
  for (std::size_t length = folded.size(); length >= kShortestBeginning; --length) {
    const auto word = lexicon().beginning.find(folded.substr(0, length));
    if (word) return static_cast<Word>(*word);
  }
  return numeral(folded) ? Word::numeral : Word::other;
}

std::optional<int> numeral(std::string_view folded) {
  static const Spellings numerals = sorted(kNumerals);
  return numerals.find(folded);
}

std::optional<int> month(std::string_view folded) {
  static const Spellings months = sorted(kMonths);
  return months.find(folded);
}

std::optional<int> zone(std::string_view folded) {
  if (folded == "pst") return -480;
  static const Spellings zones = sorted(kZones);
  return zones.find(folded);
}

}  // namespace tenax::scheduler::hints
