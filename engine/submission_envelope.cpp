// SPDX-License-Identifier: Apache-2.0
// The envelope frame: JSON out, and JSON in through a reader that knows the one shape it may have.

#include <nlohmann/json.hpp>

#include "mail/ascii.h"
#include "mail/reply.h"

#include "engine/submission_frames.h"

namespace tenax::engine {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxEnvid = 100;  // RFC 3461 4.4
constexpr std::size_t kMaxText = 1000;  // one header line's worth

mail::ParseError no_envelope(std::string_view why) {
  return mail::ParseError{"envelope: " + std::string{why}};
}

std::string_view name(mail::Ret ret) {
  switch (ret) {
    case mail::Ret::unspecified: return "";
    case mail::Ret::full: return "full";
    case mail::Ret::headers: return "headers";
  }
  return "";
}

/// A SAX reader instead of a document: sixteen megabytes of "[[[[..." or of fields nobody knows
/// must not become a tree in the daemon's memory.
class EnvelopeReader {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  bool null() { return refuse("null has no place here"); }
  bool boolean(bool value) {
    if (place_ != Place::envelope) return refuse("a truth value has no place here");
    if (key_ == "smtputf8") return set(seen_smtputf8_, found_.envelope.smtputf8, value);
    if (key_ == "automatic") return set(seen_automatic_, found_.envelope.automatic, value);
    return refuse("unexpected truth value");
  }
  bool number_integer(number_integer_t) { return refuse("negative number"); }
  bool number_unsigned(number_unsigned_t value) {
    if (place_ != Place::envelope) return refuse("a number has no place here");
    if (value > static_cast<number_unsigned_t>(std::int64_t{1} << 53)) {
      return refuse("number out of range");
    }
    const auto number = static_cast<std::int64_t>(value);
    if (key_ == "size") return set(seen_size_, found_.envelope.size, number);
    if (key_ == "written") return set(seen_written_, found_.written, mail::from_millis(number));
    return refuse("unexpected number");
  }
  bool number_float(number_float_t, const string_t&) { return refuse("broken number"); }
  bool binary(binary_t&) { return refuse("binary"); }

  bool string(string_t& value) {
    if (mail::has_control(value)) return refuse("control character in \"" + key_ + "\"");
    if (place_ == Place::recipient) return recipient_text(value);
    if (place_ == Place::envelope) return envelope_text(value);
    return refuse("a text has no place here");
  }

  bool start_object(std::size_t) {
    if (place_ == Place::outside && !done_) {
      place_ = Place::envelope;
      return true;
    }
    if (place_ != Place::recipients) return refuse("an object has no place here");
    if (found_.recipients.size() == kMaxRecipients) return refuse("too many recipients");
    place_ = Place::recipient;
    to_.clear();
    notify_ = {};
    original_.reset();
    return true;
  }
  bool end_object() {
    if (place_ == Place::envelope) {
      place_ = Place::outside;
      done_ = true;
      return true;
    }
    mail::Parsed<mail::Address> address = mail::Address::parse(to_);
    if (!address) return refuse("recipient: " + address.error().why);
    found_.recipients.push_back({std::move(*address), notify_, std::move(original_)});
    place_ = Place::recipients;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ != Place::envelope || key_ != "recipients" || !found_.recipients.empty()) {
      return refuse("a list has no place here");
    }
    place_ = Place::recipients;
    return true;
  }
  bool end_array() {
    place_ = Place::envelope;
    return true;
  }
  bool key(string_t& value) {
    if (value.size() > 32 || mail::has_control(value)) return refuse("unknown key");
    key_ = value;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) {
    return refuse("broken JSON at octet " + std::to_string(at));
  }

  mail::Parsed<SubmissionEnvelope> result(bool read) {
    if (!read || !why_.empty()) return no_envelope(why_.empty() ? "broken" : why_);
    if (found_.id.text.empty()) return no_envelope("no submission id");
    if (!seen_sender_) return no_envelope("no sender");
    if (found_.recipients.empty()) return no_envelope("no recipients");
    return std::move(found_);
  }

 private:
  enum class Place { outside, envelope, recipients, recipient };

  bool refuse(std::string why) {
    if (why_.empty()) why_ = mail::printable(why, 300);
    return false;
  }

  template <class T>
  bool set(bool& seen, T& target, T value) {
    if (seen) return refuse("\"" + key_ + "\" twice");
    seen = true;
    target = std::move(value);
    return true;
  }

  bool recipient_text(const std::string& value) {
    if (key_ == "to" && to_.empty()) {
      to_ = value;
      return true;
    }
    if (key_ == "notify") {
      const mail::Parsed<mail::Notify> notify = mail::Notify::parse(value);
      if (!notify) return refuse("notify: " + notify.error().why);
      notify_ = *notify;
      return true;
    }
    if (key_ == "orcpt") {
      mail::Parsed<mail::OriginalRecipient> original = mail::OriginalRecipient::parse_xtext(value);
      if (!original) return refuse("orcpt: " + original.error().why);
      original_ = std::move(*original);
      return true;
    }
    return refuse("unexpected text \"" + key_ + "\"");
  }

  bool envelope_text(const std::string& value) {
    mail::Envelope& envelope = found_.envelope;
    if (key_ == "id" && found_.id.text.empty()) {
      mail::Parsed<mail::SubmissionId> id = mail::SubmissionId::parse(value);
      if (!id) return refuse("id: " + id.error().why);
      found_.id = std::move(*id);
      return true;
    }
    if (key_ == "sender") {
      mail::Parsed<mail::ReversePath> sender = mail::parse_reverse_path(value);
      if (!sender) return refuse("sender: " + sender.error().why);
      return set(seen_sender_, envelope.sender, std::move(*sender));
    }
    if (key_ == "ret") {
      for (const mail::Ret ret : {mail::Ret::unspecified, mail::Ret::full, mail::Ret::headers}) {
        if (value == name(ret)) return set(seen_ret_, envelope.ret, ret);
      }
      return refuse("ret is neither full nor headers");
    }
    if (key_ == "body") {
      if (value != "7bit" && value != "8bit") return refuse("body is neither 7bit nor 8bit");
      return set(seen_body_, envelope.body,
                 value == "8bit" ? mail::BodyType::eight_bit : mail::BodyType::seven_bit);
    }
    if (key_ == "envid") return short_text(envelope.envid, value, kMaxEnvid);
    if (key_ == "message_id") return short_text(found_.message_id, value, kMaxText);
    if (key_ == "subject") return short_text(found_.subject, value, kMaxText);
    return refuse("unexpected text \"" + key_ + "\"");
  }

  bool short_text(std::string& target, const std::string& value, std::size_t limit) {
    if (value.size() > limit) return refuse("\"" + key_ + "\" is too long");
    target = mail::printable(value, limit);
    return true;
  }

  Place place_ = Place::outside;
  bool done_ = false;
  bool seen_sender_ = false, seen_ret_ = false, seen_body_ = false, seen_size_ = false,
       seen_written_ = false, seen_smtputf8_ = false, seen_automatic_ = false;
  std::string key_;
  std::string why_;
  std::string to_;
  mail::Notify notify_;
  std::optional<mail::OriginalRecipient> original_;
  SubmissionEnvelope found_;
};

Json recipient_json(const mail::NewRecipient& recipient) {
  Json out{{"to", recipient.address.text()}};
  if (recipient.notify.given()) out["notify"] = recipient.notify.text();
  if (recipient.original) out["orcpt"] = recipient.original->xtext();
  return out;
}

}  // namespace

std::string encode_envelope(const SubmissionEnvelope& envelope) {
  const mail::Envelope& of = envelope.envelope;
  Json out{{"id", envelope.id.text},
           {"sender", of.sender ? of.sender->text() : ""},
           {"body", of.body == mail::BodyType::eight_bit ? "8bit" : "7bit"},
           {"size", of.size},
           {"written", std::max<std::int64_t>(0, mail::to_millis(envelope.written))}};
  if (of.ret != mail::Ret::unspecified) out["ret"] = name(of.ret);
  if (!of.envid.empty()) out["envid"] = of.envid;
  if (of.smtputf8) out["smtputf8"] = true;
  if (of.automatic) out["automatic"] = true;
  if (!envelope.message_id.empty()) out["message_id"] = envelope.message_id;
  if (!envelope.subject.empty()) out["subject"] = envelope.subject;
  Json& recipients = out["recipients"] = Json::array();
  for (const mail::NewRecipient& recipient : envelope.recipients) {
    recipients.push_back(recipient_json(recipient));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

mail::Parsed<SubmissionEnvelope> decode_envelope(std::string_view json) {
  if (json.size() > kMaxEnvelopeOctets) return no_envelope("too large");
  EnvelopeReader reader;
  const bool read = Json::sax_parse(json.begin(), json.end(), &reader);
  return reader.result(read);
}

}  // namespace tenax::engine
