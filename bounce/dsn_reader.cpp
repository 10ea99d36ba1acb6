// SPDX-License-Identifier: Apache-2.0
// Any mail -> what became of each recipient: fields first, text where fields are missing or vague.
#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "mail/ascii.h"

#include "bounce/address_in_text.h"
#include "bounce/mail_kind.h"
#include "bounce/mime_tree.h"
#include "bounce/nearest_words.h"
#include "bounce/recipient_names.h"
#include "bounce/reply_in_text.h"
#include "bounce/returned_mail.h"
#include "bounce/returned_marks.h"
#include "bounce/returned_parts.h"
#include "bounce/status_reader.h"
#include "bounce/text_reader.h"

namespace tenax::bounce {

namespace {

class Reader {
 public:
  explicit Reader(const MimeTree& tree)
      : tree_{tree},
        parts_{sort_out(tree)},
        returned_{mail::Header::parse(parts_.returned_header)},
        lower_{mail::to_lower(parts_.notice)},
        words_{joined(lower_, 8000)},
        from_{address_of(tree.header, "from")},
        text_{parts_.notice},
        filter_refused_{words_.find("automatically rejected") != std::string::npos} {}

  Reading read() {
    reading_.returned_to = address_of(tree_.header, "to");
    reading_.message_id = field_of(returned_, "message-id");
    if (is_complaint()) return complaint();
    if (parts_.receipt && !refused_by_filter()) return robot(MailKind::auto_reply);
    find_fields();
    reading_.reporting_mta = parts_.fields.reporting_mta;
    reading_.envelope_id = parts_.fields.envelope_id;
    if (!parts_.fields.recipients.empty()) {
      reading_.kind = MailKind::bounce;
      from_fields();
      if (parts_.fields_cut) add_from_text();
      return std::move(reading_);
    }
    reading_.kind = kind_of(tree_, words_, parts_.brings_mail_back);
    if (tree_.report_type == "delivery-status" || only_wraps_notice() ||
        (reading_.kind == MailKind::ordinary && program_refuses())) {
      reading_.kind = MailKind::bounce;
    }
    if (reading_.kind == MailKind::bounce) {
      from_text();
    } else if (reading_.kind != MailKind::ordinary) {
      return robot(reading_.kind);
    }
    return std::move(reading_);
  }

 private:
  /// Fields in the midst of a text count where a mail has no part for them.
  void find_fields() {
    if (!parts_.fields.recipients.empty()) return;
    const bool json = lower_.find("notificationtype") != std::string::npos ||
                      lower_.find("\"eventtype") != std::string::npos;
    StatusFields fields = json ? status_fields_in_json(parts_.notice) : StatusFields{};
    if (fields.recipients.empty()) fields = status_fields_in(parts_.notice);
    const bool named = std::any_of(
        fields.recipients.begin(), fields.recipients.end(), [](const RecipientFields& one) {
          return !one.final_address.empty() || !one.original_address.empty();
        });
    if (named) parts_.fields = std::move(fields);
  }

  /// Mailboxes' filters (Sieve's "reject" of old) tell in a receipt that they refused.
  bool refused_by_filter() {
    const bool refused = filter_refused_ || (from_a_program(tree_.header) &&
                                             tree_.subject.find("rejected") != std::string::npos);
    if (refused && parts_.fields.recipients.empty()) {
      parts_.fields = std::move(parts_.receipt_fields);
    }
    filter_refused_ = refused;
    return refused;
  }

  /// Whatever else a mailbox's filter says, its owner wrote: "never again", "not by mail".
  static bool says_little(const Judgement& judgement) {
    return judgement.cause == Cause::other || judgement.cause == Cause::policy ||
           judgement.cause == Cause::server_trouble;
  }

  /// By its report, or as providers wrote before there was a form for it.
  bool is_complaint() const {
    if (!parts_.feedback.empty() || tree_.report_type == "feedback-report") return true;
    if (lower_.find("\"notificationtype\":\"complaint\"") != std::string::npos) return true;
    return parts_.brings_mail_back && complaint_subjects().stand_in(tree_.subject);
  }

  Reading complaint() {
    reading_.kind = MailKind::complaint;
    const mail::Header fields = mail::Header::parse(parts_.feedback);
    for (const std::string_view name : {"original-rcpt-to", "removal-recipient"}) {
      for (const mail::HeaderField* field : fields.all(name)) tell_of(field->value);
    }
    const std::string_view notice = parts_.notice;
    const std::size_t listed = notice.find("\"complainedRecipients\"");
    if (listed != std::string_view::npos) tell_of(notice.substr(listed, 1000));
    if (reading_.told.empty()) tell_of(only_recipient(returned_));
    return std::move(reading_);
  }

  void tell_of(std::string_view text) {
    const auto address = first_address_in(text);
    if (!address || reading_.told.size() >= kMostTold) return;
    for (const Told& told : reading_.told) {
      if (mail::equal_in_any_case(told.recipient, *address)) return;
    }
    Told told;
    told.recipient = *address;
    told.action = Action::delivered;
    told.status = {2, 0, 0};
    reading_.told.push_back(std::move(told));
  }

  Reading robot(MailKind kind) {
    reading_.kind = kind;
    tell_of(field_of(tree_.header, "from"));
    return std::move(reading_);
  }

  Action action_of(const RecipientFields& fields) const {
    if (const auto named = action_named(fields.action)) return *named;
    return fields.status.starts_with("2.") ? Action::delivered : action_told(tree_.subject, words_);
  }

  void from_fields() {
    const bool alone = parts_.fields.recipients.size() == 1;
    JudgedText notice{parts_.notice};
    reading_.told.reserve(parts_.fields.recipients.size());
    for (const RecipientFields& fields : parts_.fields.recipients) {
      Told told;
      const std::string last = completed(fields.final_address, returned_);
      const std::string first = completed(fields.original_address, returned_);
      told.recipient = first.find('@') != std::string::npos || last.empty() ? first : last;
      if (told.recipient.empty() && alone) told.recipient = recipient_nobody_named();
      if (!mail::equal_in_any_case(told.recipient, last)) told.led_to = last;
      told.action = action_of(fields);
      told.remote_mta = fields.remote_mta;
      Mention mention = text_.mention_of(last.empty() ? told.recipient : last);
      const bool fits = first.empty() || mail::equal_in_any_case(first, mention.address);
      if (told.led_to.empty() && fits && !mention.led_to.empty()) {
        told.recipient = mention.address;
        told.led_to = mention.led_to;
      }
      if (const auto cause = parse_cause(fields.cause)) {
        told_by_tenax(told, fields, *cause);
        reading_.told.push_back(std::move(told));
        continue;
      }
      if (mention.said.empty() && !told.led_to.empty()) mention = text_.mention_of(told.recipient);
      JudgedText nothing{{}};
      // Some programs put only a reply's first line into the field.
      const std::string whole = whole_reply(fields.diagnostic, parts_.notice);
      const std::string& diagnostic = whole.empty() ? fields.diagnostic : whole;
      // Of a reply that was cut, the text may have the rest.
      const bool cut = parts_.fields_cut && &fields == &parts_.fields.recipients.back();
      finish(told, fields.status,
             {cut ? mention.said : diagnostic, fields.comment, cut ? diagnostic : mention.said,
              mention.elsewhere, fields.category},
             alone ? notice : nothing, alone);
      // Of a reply that was cut, more may be shown elsewhere; and "x-unix; 77" shows nothing.
      const bool words = fields.diagnostic.find_first_not_of("0123456789 ") != std::string::npos;
      if (words && !cut) {
        reading_.told.back().reply = shown_reply(diagnostic);
      }
    }
  }

  /// Another Tenax says by itself why; its sentences around that are none of a server's.
  static void told_by_tenax(Told& told, const RecipientFields& fields, Cause cause) {
    const auto status = mail::EnhancedStatus::parse(fields.status);
    const bool refuses = status && status->klass != 2;
    const Judged found = judged({fields.diagnostic}, {}, refuses ? status : std::nullopt);
    told.status = status && refuses == told.is_trouble()
                      ? *status
                      : settle_status(status, found, told.action, false);
    told.reply = shown_reply(fields.diagnostic);
    told.judgement = found.judgement;
    const bool sure = told.judgement.cause == cause && told.judgement.evidence >= Evidence::wording;
    if (!sure) told.judgement.temporary = told.status.klass == 4;
    told.judgement.cause = cause;
    told.judgement.rule = "X-Tenax-Cause";
  }

  /// Whom fields that were cut off would have named, the text names.
  void add_from_text() {
    const Action action = action_told(tree_.subject, words_);
    for (Mention& mention : who_failed()) {
      const bool known =
          std::any_of(reading_.told.begin(), reading_.told.end(), [&](const Told& told) {
            const std::string& named = mention.led_to.empty() ? mention.address : mention.led_to;
            return mail::equal_in_any_case(told.recipient, named) ||
                   mail::equal_in_any_case(told.led_to, named);
          });
      if (known || reading_.told.size() >= kMostTold) continue;
      Told told;
      told.recipient = std::move(mention.address);
      told.led_to = std::move(mention.led_to);
      told.action = action;
      JudgedText nothing{{}};
      finish(told, {}, {mention.said, mention.elsewhere}, nothing, false);
    }
  }

  void from_text() {
    std::vector<Mention> mentions = who_failed();
    if (!is_notice(mentions)) {
      reading_.kind = MailKind::ordinary;
      return;
    }
    if (mentions.empty() && !parts_.inner_fields.recipients.empty()) {
      parts_.fields = std::move(parts_.inner_fields);
      return from_fields();
    }
    if (mentions.empty()) mentions = told_behind();
    if (mentions.empty()) mentions.push_back({recipient_nobody_named(), {}, {}, {}});
    const Action action = action_told(tree_.subject, words_);
    const bool alone = mentions.size() == 1;
    const bool some_replied = std::any_of(mentions.begin(), mentions.end(), [](const Mention& one) {
      return !reply_in(one.said).empty();
    });
    JudgedText notice{parts_.notice};
    for (Mention& mention : mentions) {
      Told told;
      told.recipient = std::move(mention.address);
      told.led_to = std::move(mention.led_to);
      told.action = action;
      // Whom a server answered, others' replies do not concern; nor whom a queue told of by itself.
      const bool replied = !(reply_in(mention.said).empty() && reply_in(mention.elsewhere).empty());
      const bool own = !alone && (replied || (some_replied && says_why(mention.said)));
      JudgedText nothing{{}};
      const std::string whole = whole_reply(reply_in(mention.said), parts_.notice);
      finish(told, {}, {whole, mention.said, mention.elsewhere}, own ? nothing : notice, alone);
    }
  }

  static bool says_why(std::string_view said) {
    return judged({said}, {}, std::nullopt).judgement.cause != Cause::other;
  }

  /// Nobody says anything around the notice that was passed on.
  bool only_wraps_notice() const {
    return !parts_.inner_fields.recipients.empty() && mail::trimmed(parts_.notice).empty();
  }

  /// A program's words that nobody put down as a notice's, in whatever tongue: they name somebody
  /// else, and a server's reply or a refusal that the rules of causes know.
  bool program_refuses() const {
    const mail::Header& header = tree_.header;
    if (!from_a_program(header) || is_answer(tree_.subject)) return false;
    if (header.has("list-id") || is_bulk(header)) return false;
    if (is_routine(tree_, parts_.brings_mail_back)) return false;
    if (text_.mentions(strangers()).empty() && !first_address_in(tree_.subject)) return false;
    if (!reply_in(parts_.notice).empty()) return true;
    return names_trouble(judged({words_}, {}, std::nullopt));
  }

  Strangers strangers() const { return {reading_.returned_to, from_}; }

  /// People write of mail that did not arrive, too, and ask on lists what a refusal means.
  bool is_notice(const std::vector<Mention>& mentions) const {
    const mail::Header& header = tree_.header;
    const bool reply = !reply_in(parts_.notice).empty();
    if (!parts_.brings_mail_back && !from_a_program(header) && !header.has("x-failed-recipients")) {
      return reply && !mentions.empty() && !header.has("list-id") && !header.has("list-post") &&
             !asks();
    }
    if (parts_.brings_mail_back || tree_.report_type == "delivery-status") return true;
    const bool much = writes_of_much(header);
    if (reply || (!much && (!mentions.empty() || has_a_programs_name(header)))) return true;
    const auto of_mail = [](std::string_view words) { return words_for_mail().stand_in(words); };
    const bool named = first_address_in(tree_.subject).has_value();
    if (much) {
      const bool tells = named || !mentions.empty() || failure_words().stand_in(words_);
      return tells && of_mail(mentions.empty() ? tree_.subject : words_);
    }
    return named || of_mail(words_) || of_mail(tree_.subject);
  }

  /// A question mark that ends a sentence, not one in a link: no program wants to know.
  bool asks() const {
    for (std::size_t at = lower_.find('?'); at != std::string::npos;
         at = lower_.find('?', at + 1)) {
      if (at + 1 == lower_.size() || lower_[at + 1] == ' ' || lower_[at + 1] == '\n') return true;
    }
    return false;
  }

  std::vector<Mention> who_failed() const {
    const std::string listed = field_of(tree_.header, "x-failed-recipients");
    std::vector<Mention> mentions;
    bool told_of = false;  // in the text, too
    for (const AddressSpan& one : addresses_in(listed, kMostTold)) {
      mentions.push_back(text_.mention_of(one.in(listed)));
      if (mentions.back().led_to.empty()) mentions.back().address = one.in(listed);
      told_of = told_of || text_.names(one.in(listed));
    }
    if (told_of) return mentions;
    std::vector<Mention> in_text = text_.mentions(strangers());
    if (!mentions.empty()) return all_were_written_to(in_text) ? in_text : mentions;
    if (!in_text.empty()) return in_text;
    // The author's own address failed, too, where it stands as one that did.
    in_text = text_.mentions({});
    std::erase_if(in_text, [&](const Mention& one) {
      return !text_.stands_alone(one.led_to.empty() ? one.address : one.led_to);
    });
    return in_text;
  }

  /// Some programs show the mail's header first and tell then what a server said.
  std::vector<Mention> told_behind() const {
    if (reply_in(parts_.behind).empty()) return {};
    std::vector<Mention> mentions = TextReader{parts_.behind}.mentions(strangers());
    return all_were_written_to(mentions) ? mentions : std::vector<Mention>{};
  }

  /// Two witnesses: the notice's text, and the mail that came back.
  bool all_were_written_to(const std::vector<Mention>& mentions) const {
    const std::vector<std::string> all = recipients_of(returned_);
    return !mentions.empty() &&
           std::all_of(mentions.begin(), mentions.end(), [&](const Mention& one) {
             return std::any_of(all.begin(), all.end(), [&](const std::string& address) {
               return mail::equal_in_any_case(address, one.address);
             });
           });
  }

  /// The mail that came back had one recipient only; or the text calls a user of the notice's own
  /// domain by name.
  std::string recipient_nobody_named() const {
    const auto named = first_address_in(tree_.subject);
    if (named && !mail::equal_in_any_case(*named, reading_.returned_to)) return std::string{*named};
    std::string only = only_recipient(returned_);
    if (only.empty()) only = recipient_in_path(reading_.returned_to);
    const std::string name{text_.lone_name()};
    if (!only.empty() || name.empty() || from_.empty()) return only;
    return name + from_.substr(from_.rfind('@'));
  }

  /// "Warning: bob@example.net - User unknown!", where nothing else says it.
  void ask_subject(Judged& found) const {
    const Judgement& so_far = found.judgement;
    // "Please try again later", and no code.
    const bool polite = so_far.cause == Cause::server_trouble && found.code == 0 && !found.status;
    if (!polite && so_far.cause != Cause::other && so_far.evidence >= Evidence::wording) return;
    if (!polite && so_far.cause != Cause::other && so_far.cause != Cause::policy) return;
    std::string subject = tree_.subject;
    // What the author wrote about is no reason.
    const std::string about =
        mail::to_lower(mail::decoded_for_people(field_of(returned_, "subject")));
    const std::size_t at = about.empty() ? std::string::npos : subject.find(about);
    if (at != std::string::npos) subject.erase(at);
    // "Undeliverable:", "Warning:" and the like stand in front.
    const Judged other =
        judged({std::string_view{subject}.substr(subject.find(':') + 1)}, {}, std::nullopt);
    const bool spam =
        other.judgement.cause == Cause::content || other.judgement.cause == Cause::blocked;
    if (names_trouble(other) || (spam && other.judgement.evidence >= Evidence::wording)) {
      found.judgement = other.judgement;
    }
  }

  void finish(Told& told, std::string_view status, std::initializer_list<std::string_view> texts,
              JudgedText& notice, bool alone) {
    const auto fields_say = mail::EnhancedStatus::parse(status);
    // Who calls a failure "2.0.0" has told nothing of it.
    const bool refuses = fields_say && fields_say->klass != 2;
    Judged found = judged(texts, notice, refuses ? fields_say : std::nullopt);
    if (alone) ask_subject(found);
    if (filter_refused_ && says_little(found.judgement)) {
      found.judgement.cause = Cause::recipient_refuses;
    }
    // Not yet, and nobody says why.
    const bool no_reason = told.action == Action::delayed && found.judgement.cause == Cause::other;
    if (no_reason) found.judgement.cause = Cause::expired;
    told.judgement = found.judgement;
    told.status = settle_status(fields_say, found, told.action, surrender_words().stand_in(words_));
    told.reply = shown_reply(found.text);
    if (told.judgement.evidence < Evidence::wording) {
      told.judgement.temporary = told.status.klass == 4;
    }
    reading_.told.push_back(std::move(told));
  }

  const MimeTree& tree_;
  NoticeParts parts_;
  mail::Header returned_;
  std::string lower_;
  std::string words_;  // the first of them, as one line: phrases run on from line to line
  std::string from_;   // who writes
  TextReader text_;
  bool filter_refused_;
  Reading reading_;
};

}  // namespace

std::string_view to_string(MailKind kind) {
  switch (kind) {
    case MailKind::bounce: return "bounce";
    case MailKind::complaint: return "complaint";
    case MailKind::auto_reply: return "auto-reply";
    case MailKind::ordinary: return "none";
  }
  std::abort();
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::failed: return "failed";
    case Action::delayed: return "delayed";
    case Action::delivered: return "delivered";
    case Action::relayed: return "relayed";
    case Action::expanded: return "expanded";
  }
  std::abort();
}

Reading read_returned(std::string_view mail) {
  const MimeTree tree = take_apart(mail);
  return Reader{tree}.read();
}

}  // namespace tenax::bounce
