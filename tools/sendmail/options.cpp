// SPDX-License-Identifier: Apache-2.0
#include "tools/sendmail/options.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mail/ascii.h"
#include "mail/printable.h"
#include "mail/utf8.h"

namespace tenax::sendmail {

namespace {

using engine::Refusal;

constexpr std::size_t kMaxEnvid = 100;  // RFC 3461 4.4

/// Where an option's value stands.
enum class Value {
  none,
  needed,  // in the same word, or all of the next
  glued,   // in the same word, or missing
};

struct Letter {
  char letter;
  Value value;
};

// Without a value where sendmail, Postfix and Exim agree that there is none. The values of -d, -e
// and -q are often left out, and then the next word is a recipient.
constexpr std::array kLetters = {
    Letter{'A', Value::needed}, Letter{'a', Value::needed}, Letter{'B', Value::needed},
    Letter{'b', Value::needed}, Letter{'C', Value::needed}, Letter{'c', Value::none},
    Letter{'D', Value::needed}, Letter{'d', Value::glued},  Letter{'e', Value::glued},
    Letter{'F', Value::needed}, Letter{'f', Value::needed}, Letter{'G', Value::none},
    Letter{'H', Value::needed}, Letter{'h', Value::needed}, Letter{'I', Value::none},
    Letter{'i', Value::none},   Letter{'L', Value::needed}, Letter{'M', Value::needed},
    Letter{'m', Value::none},   Letter{'N', Value::needed}, Letter{'n', Value::none},
    Letter{'O', Value::needed}, Letter{'o', Value::needed}, Letter{'p', Value::needed},
    Letter{'Q', Value::glued},  Letter{'q', Value::glued},  Letter{'R', Value::needed},
    Letter{'r', Value::needed}, Letter{'S', Value::needed}, Letter{'s', Value::none},
    Letter{'t', Value::none},   Letter{'U', Value::none},   Letter{'V', Value::needed},
    Letter{'v', Value::none},   Letter{'w', Value::needed}, Letter{'X', Value::needed},
    Letter{'x', Value::none},
};

/// Settings of -o, in Exim's way, whose value is the next word: where a message came from.
constexpr std::array<std::string_view, 9> kOrigins = {"Ma", "Maa", "Mai", "Mas", "Mi",
                                                      "Mm", "Mr",  "Ms",  "Mt"};

/// Settings of -O that name files, directories or programs.
constexpr std::array<std::string_view, 10> kPaths = {
    "queuedirectory",    "aliasfile",          "helpfile",    "statusfile",
    "pidfile",           "forwardpath",        "errorheader", "userdatabasespec",
    "controlsocketname", "hoststatusdirectory"};

Refusal misused(std::string text) { return {EX_USAGE, std::move(text)}; }

std::string shown(std::string_view text) { return "\"" + mail::printable(text, 100) + "\""; }

/// "failure, delay" as "failure,delay".
std::string without_blanks(std::string_view list) {
  std::string text;
  while (true) {
    const std::size_t comma = list.find(',');
    text += mail::trimmed(list.substr(0, comma));
    if (comma == std::string_view::npos) return text;
    text += ',';
    list.remove_prefix(comma + 1);
  }
}

class Reader {
 public:
  engine::Outcome<Options> read(std::string_view called, std::span<const std::string_view> words) {
    const std::string_view name = called.substr(called.find_last_of('/') + 1);
    if (name == "mailq") options_.mode = Mode::list;
    if (name == "newaliases") options_.mode = Mode::nothing;

    for (words_ = words; !words_.empty() && !refusal_;) {
      const std::string_view word = take_word();
      if (word == "--") {
        while (!words_.empty()) options_.message.operands.emplace_back(take_word());
      } else if (word.starts_with("--")) {
        long_option(word);
      } else if (word.size() > 1 && word.front() == '-') {
        group(word.substr(1));
      } else {
        options_.message.operands.emplace_back(word);
      }
    }
    refuse_lost_message();
    if (refusal_) return *refusal_;
    return std::move(options_);
  }

 private:
  /// Whoever names recipients has a message for them, and no other mode would take it.
  void refuse_lost_message() {
    if (options_.message.operands.empty() && !options_.message.recipients_from_header) return;
    if (options_.mode == Mode::list) refuse("list queue mode takes no recipient");
    if (options_.mode == Mode::flush) refuse("flush queue mode takes no recipient");
    if (options_.mode == Mode::smtp) refuse("SMTP mode takes its recipients by RCPT");
    if (options_.mode == Mode::nothing) refuse("alias mode takes no recipient");
  }

  std::string_view take_word() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void warn(std::string text) {
    if (options_.warnings.size() < 10) options_.warnings.push_back(std::move(text));
  }

  void refuse(std::string text) {
    if (!refusal_) refusal_ = misused(std::move(text));
  }

  void long_option(std::string_view word) {
    if (word == "--version") {
      options_.mode = Mode::version;
    } else if (word == "--help") {
      options_.mode = Mode::usage;
    } else {
      warn("unknown option " + shown(word) + " is ignored");
    }
  }

  /// "ti", "fann@example.org", "oi": letters until one takes the rest as its value.
  void group(std::string_view letters) {
    while (!letters.empty() && !refusal_) {
      const char letter = letters.front();
      letters.remove_prefix(1);
      const auto known = std::ranges::find(kLetters, letter, &Letter::letter);
      if (known == kLetters.end()) {
        // What stands behind it may be its value, and no letters at all.
        return warn("unknown option " + shown(std::string{"-"} + letter) + " is ignored");
      }
      if (known->value == Value::none) {
        flag(letter);
        continue;
      }
      if (!letters.empty() || known->value == Value::glued) return valued(letter, letters);
      if (words_.empty()) return refuse(std::string{"option -"} + letter + " lacks its value");
      return valued(letter, take_word());
    }
  }

  void flag(char letter) {
    switch (letter) {
      case 't': options_.message.recipients_from_header = true; break;
      case 'i': options_.message.dot_ends = false; break;
      case 'v': options_.verbose = true; break;
      case 'I': options_.mode = Mode::nothing; break;
      // -c expensive mailers, -G a gateway's mail, -m me too, -n no aliases, -s From lines, -U a
      // first submission, -x of old mailers: nothing of it concerns us.
      default: break;
    }
  }

  void valued(char letter, std::string_view value) {
    switch (letter) {
      case 'b': return mode(value);
      case 'q':
        // With -bd or -bp it only says how often, or of what.
        if (options_.mode == Mode::submit) options_.mode = Mode::flush;
        return queue_run(value);
      case 'f':
      case 'r':
        options_.message.sender = value == "<>" ? std::string{} : std::string{value};
        return;
      case 'F': return full_name(value);
      case 'N': return notify(value);
      case 'R': return give_back(value);
      case 'V': return envelope_id(value);
      case 'B': return body(value);
      case 'o': return old_setting(value);
      case 'O': return setting(value);
      case 'X': return log_file(value);
      case 'a': return login(value);
      case 'H':
      case 'S':
      case 'w':
        return warn(std::string{"option -"} + letter +
                    " is ignored: where mail goes is in the configuration of tenaxd");
      case 'C':
      case 'D': return warn(std::string{"option -"} + letter + " is ignored: it chooses a file");
      // -A which configuration, -d debugging, -e how errors are reported (always by the exit code
      // and on stderr), -h hops, -L a tag for the log, -M a macro, -p by which protocol it came, -Q
      // a quarantine.
      default: return;
    }
  }

  /// -qRexample.org, -qSbob@example.org, -qI<id>: only what is to, from, or called that. Others say
  /// how often (the daemon knows when by itself) or of which kind of queue (there is one).
  void queue_run(std::string_view value) {
    if (value.size() < 2) return;
    const std::string wanted{value.substr(1)};
    const std::string address = wanted.find('@') == std::string::npos ? "@" + wanted : wanted;
    switch (value.front()) {
      case 'R': options_.retry_only.push_back("--recipient=" + address); return;
      case 'S': options_.retry_only.push_back("--sender=" + address); return;
      case 'I':
        if (wanted.starts_with('-')) return refuse("no queue id: " + shown(wanted));
        options_.retry_only.push_back(wanted);
        return;
      case '!': return refuse("option -q! is not offered; see retry in tenax(1)");
      default: return;
    }
  }

  /// -au ann -ap secret: the login that sSMTP takes here. msmtp's -a names an account.
  void login(std::string_view value) {
    const bool apart = value == "u" || value == "p" || value == "m";
    if (apart && words_.empty())
      return refuse("option -a" + std::string{value} + " lacks its value");
    if (apart) take_word();
    warn("option -a is ignored: logins are in the configuration of tenaxd");
  }

  /// Sendmail's log of the traffic; but -XV, -XV+=: Postfix's request for VERP.
  void log_file(std::string_view value) {
    const bool verp = value.starts_with('V') && (value.size() == 1 || value.size() == 3);
    warn(verp ? "option -XV is ignored: no recipient gets a sender of its own (VERP)"
              : "option -X is ignored: it chooses a file");
  }

  void mode(std::string_view value) {
    options_.mode_letter = value;
    if (value == "m" || value == "a") {
      options_.mode = Mode::submit;
    } else if (value == "p") {
      options_.mode = Mode::list;
    } else if (value == "s") {
      options_.mode = Mode::smtp;
    } else if (value == "i") {
      options_.mode = Mode::nothing;
    } else {
      options_.mode = Mode::not_offered;
    }
  }

  void full_name(std::string_view value) {
    // As with the account's: no message is lost for the sake of a name.
    if (!mail::is_utf8(value)) return warn("-F " + shown(value) + " is ignored: it is not UTF-8");
    std::string name{value};
    if (mail::has_control(name)) {
      warn("-F " + shown(value) + ": blanks stand for its control characters");
      std::ranges::replace_if(name, mail::is_control, ' ');
      name = mail::trimmed(name);
    }
    options_.message.full_name = std::move(name);
  }

  /// What is asked of notices is worth less than the mail.
  void no_wish(char letter, std::string_view value, std::string_view why) {
    warn(std::string{"-"} + letter + " " + shown(value) + " is ignored: " + std::string{why});
  }

  void notify(std::string_view value) {
    const mail::Parsed<mail::Notify> notify = mail::Notify::parse(without_blanks(value));
    if (!notify) return no_wish('N', value, notify.error().why);
    options_.message.notify = *notify;
  }

  void give_back(std::string_view value) {
    if (mail::equal_in_any_case(value, "full")) {
      options_.message.ret = mail::Ret::full;
    } else if (mail::equal_in_any_case(value, "hdrs")) {
      options_.message.ret = mail::Ret::headers;
    } else {
      no_wish('R', value, "neither full nor hdrs");
    }
  }

  void envelope_id(std::string_view value) {
    const mail::Parsed<std::string> decoded = mail::decode_xtext(value);
    // Blanks are printable to RFC 3461 4.4; bare ones are no xtext, and somebody's slip.
    const char least = decoded ? ' ' : '!';
    const std::string envid = decoded ? *decoded : std::string{value};
    const bool fits =
        std::ranges::all_of(envid, [least](char c) { return c >= least && c <= '~'; });
    if (!fits || mail::trimmed(envid).empty() || envid.size() > kMaxEnvid) {
      return no_wish('V', value, "not 1 to 100 printable characters");
    }
    options_.message.envid = envid;
  }

  void body(std::string_view value) {
    // What the contents need is read off the contents.
    if (mail::equal_in_any_case(value, "7bit") || mail::equal_in_any_case(value, "8bitmime"))
      return;
    warn("-B " + shown(value) + " is ignored: neither 7bit nor 8bitmime");
  }

  /// -oi, -oem, -odb: the settings of sendmail's older days, one letter each.
  void old_setting(std::string_view value) {
    if (value.empty()) return;
    if (std::ranges::find(kOrigins, value) != kOrigins.end()) {
      if (words_.empty()) return refuse("option -o" + std::string{value} + " lacks its value");
      take_word();
      return;
    }
    switch (value.front()) {
      case 'i': options_.message.dot_ends = false; return;
      case 'v': options_.verbose = true; return;
      case 'A':
      case 'H':
      case 'Q':
      case 'S':
        // Sendmail wants it in the same word; a path in the next one is nobody's address.
        if (value.size() == 1 && !words_.empty() && words_.front().starts_with('/')) take_word();
        return warn("option -o" + std::string{value.substr(0, 1)} +
                    " is ignored: it chooses a file");
      default: return;
    }
  }

  /// -O IgnoreDots=true.
  void setting(std::string_view value) {
    const std::size_t equals = value.find('=');
    const std::string name = mail::to_lower(value.substr(0, equals));
    if (name == "ignoredots") {
      const std::string_view chosen =
          equals == std::string_view::npos ? "true" : value.substr(equals + 1);
      options_.message.dot_ends = !chosen.empty() && (mail::to_lower(chosen.front()) == 'f' ||
                                                      mail::to_lower(chosen.front()) == 'n');
    } else if (std::ranges::find(kPaths, name) != kPaths.end()) {
      warn("option -O " + shown(value.substr(0, equals)) + " is ignored: it chooses a file");
    }
  }

  std::span<const std::string_view> words_;
  Options options_;
  std::optional<Refusal> refusal_;
};

}  // namespace

engine::Outcome<Options> read_options(std::string_view called,
                                      std::span<const std::string_view> words) {
  return Reader{}.read(called, words);
}

}  // namespace tenax::sendmail
