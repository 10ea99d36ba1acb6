// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/explain.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include "mail/ascii.h"
#include "mail/printable.h"

#include "io/file.h"

namespace tenax::cli {

namespace {

constexpr std::size_t kMostOctets = std::size_t{256} << 20;  // of one file; an mbox of a busy day
constexpr std::size_t kMostMails = 1'000'000;

std::string legible(std::string_view text, std::size_t limit = 1000) {
  return mail::printable(text, limit);
}

nlohmann::ordered_json object_of(const engine::Explained& one, const engine::ExplainedMail& mail) {
  nlohmann::ordered_json object;
  object["recipient"] = legible(one.recipient);
  object["action"] = one.action;
  object["status"] = one.status;
  object["cause"] = one.cause;
  object["temporary"] = one.temporary;
  if (one.wait) {
    object["hint_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(*one.wait).count();
  }
  object["kind"] = mail.kind;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) object[name] = legible(value);
  };
  add("led_to", one.led_to);
  add("reply", one.reply);
  add("remote_mta", one.remote_mta);
  add("reporting_mta", mail.reporting_mta);
  add("evidence", one.evidence);
  add("rule", one.rule);
  add("what", one.what);
  add("yours", one.yours);
  add("message_id", mail.message_id);
  add("envelope_id", mail.envelope_id);
  add("returned_to", mail.returned_to);
  return object;
}

/// True, and says so, where there is not a word to explain.
bool is_nothing(std::string_view text, std::string& wrong) {
  if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
  wrong = "there was nothing to read";
  return true;
}

std::string_view title_of(const std::string& kind) {
  if (kind == "complaint") return "A complaint: a feedback report, no bounce";
  if (kind == "auto-reply") return "An automatic answer, no bounce";
  return "An ordinary mail, no bounce";
}

void add_line(std::string& text, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  text.append("  ").append(label);
  text.append(11 - std::min<std::size_t>(label.size(), 10), ' ');
  text.append(legible(value)).append("\n");
}

/// Explains one mail after the other.
class Teller {
 public:
  Teller(const ExplainForm& form, std::ostream& out) : form_{form}, out_{out} {}

  void tell(std::string_view text, const std::string& where) {
    const engine::ExplainedMail mail = engine::looks_like_mail(text)
                                           ? engine::explain_mail(text, form_.now)
                                           : engine::explain_reply(text, form_.now);
    if (form_.instead) return form_.instead(mail, where);
    out_ << (form_.json ? as_json(mail, where) : present(mail, where));
  }

  void tell_all(std::string_view text, const std::string& name) {
    const std::vector<std::size_t> starts = engine::mails_in(text, kMostMails);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
      const std::string where = starts.size() == 1 ? name
                                : name.empty()     ? std::to_string(i + 1)
                                                   : name + ":" + std::to_string(i + 1);
      tell(text.substr(starts[i], end - starts[i]), where);
    }
  }

 private:
  const ExplainForm& form_;
  std::ostream& out_;
};

int explain_stream(std::istream& in, Teller& teller, std::string& wrong) {
  std::string text;
  std::array<char, 65536> buffer;
  while (in && text.size() <= kMostOctets) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > kMostOctets) {
    wrong = "more than 256 MiB: give it as a Maildir";
    return EX_DATAERR;
  }
  if (is_nothing(text, wrong)) return EX_DATAERR;
  teller.tell_all(text, "");
  return EX_OK;
}

/// The mails of a folder, by their paths. A Maildir need not have all of its folders.
io::Result<> add_mails_in(const std::string& folder, std::vector<std::string>& files) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::directory_iterator each{folder, failed};
  for (; !failed && each != fs::directory_iterator{} && files.size() < kMostMails;
       each.increment(failed)) {
    // Names with a dot in front are those of mail programs' own notes.
    if (each->path().filename().string().starts_with('.')) continue;
    std::error_code gone;
    if (each->is_regular_file(gone)) files.push_back(each->path().string());
  }
  if (!failed || failed == std::errc::no_such_file_or_directory) return {};
  return io::error_from_errno(failed.value(), "read " + folder);
}

/// What of a folder could not be read: the rest of it is told all the same.
class Unread {
 public:
  void add(const io::Error& error) {
    if (++count_ == 1) first_ = io::to_string(error);
  }
  int code(std::string& wrong) const {
    if (count_ == 0) return EX_OK;
    wrong =
        count_ == 1 ? first_ : std::to_string(count_) + " could not be read, the first: " + first_;
    return EX_NOINPUT;
  }

 private:
  std::size_t count_ = 0;
  std::string first_;
};

int explain_folder(const std::string& path, Teller& teller, std::string& wrong) {
  namespace fs = std::filesystem;
  std::error_code failed;
  std::vector<std::string> files;
  const bool maildir =
      fs::is_directory(path + "/cur", failed) || fs::is_directory(path + "/new", failed);
  const std::vector<std::string> folders =
      maildir ? std::vector<std::string>{path + "/new", path + "/cur"} : std::vector{path};
  Unread unread;
  for (const std::string& folder : folders) {
    const io::Result<> added = add_mails_in(folder, files);
    if (!added) unread.add(added.error());
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const io::Result<std::string> text = io::read_file(file, kMostOctets);
    // Mail programs rename and remove the mails of a folder that is in use.
    if (!text && text.error().is(io::Errc::not_found)) continue;
    if (!text) unread.add(text.error());
    // Of an empty file among others nobody needs to hear.
    if (!text || is_nothing(*text, wrong)) continue;
    teller.tell_all(*text, fs::path{file}.filename().string());
  }
  return unread.code(wrong);
}

int explain_file(const std::string& path, Teller& teller, std::string& wrong) {
  const io::Result<std::string> text = io::read_file(path, kMostOctets);
  if (!text) {
    wrong = io::to_string(text.error());
    return EX_NOINPUT;
  }
  if (is_nothing(*text, wrong)) return EX_DATAERR;
  teller.tell_all(*text, "");
  return EX_OK;
}

int explain_path(const std::string& path, Teller& teller, std::string& wrong) {
  std::error_code failed;
  return std::filesystem::is_directory(path, failed) ? explain_folder(path, teller, wrong)
                                                     : explain_file(path, teller, wrong);
}

}  // namespace

std::string as_json(const engine::ExplainedMail& mail, std::string_view where) {
  std::string lines;
  const auto add = [&](nlohmann::ordered_json object) {
    if (!where.empty()) object["mail"] = legible(where);
    lines += object.dump(-1, ' ', /*ensure_ascii=*/true) + "\n";
  };
  if (mail.recipients.empty())
    add({{"action", "none"}, {"cause", "not-a-bounce"}, {"kind", mail.kind}});
  for (const engine::Explained& one : mail.recipients) add(object_of(one, mail));
  return lines;
}

std::string present(const engine::ExplainedMail& mail, std::string_view where) {
  std::string text;
  if (!where.empty()) text += legible(where) + "\n";
  if (mail.kind != "bounce" && mail.kind != "reply") text.append(title_of(mail.kind)).append(".\n");
  for (const engine::Explained& one : mail.recipients) {
    if (!one.recipient.empty()) text += legible(one.recipient) + ": ";
    text += one.action + (one.status.empty() ? "" : " " + one.status);
    if (mail.kind == "bounce" || mail.kind == "reply") {
      text += std::string{", "} + one.cause + (one.temporary ? " (temporary)" : "");
    }
    text += "\n";
    add_line(text, "led to", one.led_to);
    add_line(text, "what", one.what);
    add_line(text, "you can", one.yours);
    // Nobody waits with a mail that has failed.
    if (one.wait && one.action != "failed") add_line(text, "wait", mail::in_words(*one.wait));
    if (mail.kind != "reply") add_line(text, "reply", one.reply);
    add_line(text, "host", one.remote_mta);
    add_line(text, "decided by", one.evidence);
  }
  return text;
}

engine::ExplainedMail explained(const queue::MessageDetails& message, mail::WallTime now) {
  engine::ExplainedMail told;
  told.kind = "bounce";
  told.message_id = message.message_id;
  for (const queue::RecipientRow& row : message.recipients) {
    engine::Explained one;
    if (row.last) {
      one = engine::explain_verdict(*row.last, now, mail::is_final(row.state));
    } else {
      one.what = "It was not tried yet.";
    }
    one.recipient = row.address.text();
    switch (row.state) {
      case mail::RecipientState::delivered: one.action = "delivered"; break;
      case mail::RecipientState::failed: one.action = "failed"; break;
      default: one.action = to_string(row.state); break;
    }
    told.recipients.push_back(std::move(one));
  }
  return told;
}

ExplainSource source_of(const std::string& argument) {
  if (argument.empty() || argument == "-") return ExplainSource::stream;
  std::error_code failed;
  if (std::filesystem::exists(argument, failed)) return ExplainSource::path;
  if (mail::QueueId::parse(argument)) return ExplainSource::message;
  return argument.find_first_of(" \t") == std::string::npos ? ExplainSource::path
                                                            : ExplainSource::words;
}

int explain_outside(const std::string& argument, std::istream* in, const ExplainForm& form,
                    std::ostream& out, std::string& wrong) {
  Teller teller{form, out};
  switch (source_of(argument)) {
    case ExplainSource::path: return explain_path(argument, teller, wrong);
    case ExplainSource::words:
      if (is_nothing(argument, wrong)) return EX_DATAERR;
      teller.tell(argument, "");
      return EX_OK;
    case ExplainSource::message: break;
    case ExplainSource::stream:
      if (in != nullptr) return explain_stream(*in, teller, wrong);
      wrong = "there is no standard input";
      break;
  }
  return EX_USAGE;
}

}  // namespace tenax::cli
