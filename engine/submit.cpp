// SPDX-License-Identifier: Apache-2.0
#include "engine/submit.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <span>

#include "mail/ascii.h"
#include "mail/header.h"
#include "mail/printable.h"

#include "io/ascii_name.h"
#include "io/file.h"
#include "io/random.h"

namespace tenax::engine {

namespace {

constexpr std::size_t kReadOctets = 32 * 1024;  // lies in what the heap has from its start

/// In A-labels where there are any: what we write ourselves must not need SMTPUTF8.
mail::Domain in_ascii(const mail::Domain& domain) {
  if (domain.is_ascii()) return domain;
  const io::Result<std::string> name = io::to_ascii_name(domain.text());
  if (!name) return domain;
  const mail::Parsed<mail::Domain> ascii = mail::Domain::parse(*name);
  return ascii ? *ascii : domain;
}

/// An address whose local part is not ASCII needs it anyway, and is best read as it is.
mail::Address in_ascii(const mail::Address& address) {
  if (!mail::is_ascii(address.local_part())) return address;
  return mail::Address{address.local_part(), in_ascii(address.domain())};
}

std::string in_ascii(const std::string& name) {
  const mail::Parsed<mail::Domain> domain = mail::Domain::parse(name);
  return domain ? in_ascii(*domain).text() : name;
}

/// The address an account has here; its name is quoted where it needs it ("CORP\\bob", "svc.").
mail::Parsed<mail::Address> address_of(const std::string& login, const mail::Domain& domain) {
  // Directories have names with a domain of their own.
  mail::Parsed<mail::Address> address = mail::Address::parse(login, domain);
  return address || login.empty() ? address : mail::Address::of(login, domain);
}

/// As -f has it: a path, or an address as header fields hold it, "Ann <ann@example.org>".
Outcome<mail::ReversePath> named_sender(std::string_view given, const mail::Domain& domain) {
  mail::Parsed<mail::ReversePath> path = mail::parse_reverse_path(given, domain);
  if (path) return std::move(*path);
  if (!mail::has_control(given)) {
    const mail::Parsed<std::vector<mail::Address>> one = mail::parse_address_list(given, domain, 1);
    if (one && one->size() == 1) return mail::ReversePath{one->front()};
    if (mail::trimmed(given) == "<>") return mail::ReversePath{};
  }
  return Refusal{EX_DATAERR, "-f: " + path.error().why};
}

Outcome<std::vector<mail::Address>> operands_of(const RawSubmission& raw,
                                                const mail::Domain& domain, std::int64_t limit) {
  mail::AddressSet all{static_cast<std::size_t>(limit)};
  for (const std::string& operand : raw.operands) {
    // In a header a line end may fold an address; here it can only be an attack or an accident.
    if (mail::has_control(operand)) {
      return Refusal{EX_DATAERR,
                     "recipient: a control character in \"" + mail::printable(operand, 100) + "\""};
    }
    const mail::Parsed<std::size_t> named = mail::read_address_list(operand, domain, all);
    if (!named) return Refusal{EX_DATAERR, "recipient: " + named.error().why};
    if (all.overflowed()) return queue::too_many_recipients(limit);
    if (*named == 0) return Refusal{EX_DATAERR, "recipient: an empty address"};
  }
  return all.all();
}

Outcome<> read_message(int input, queue::Submission& submission) {
  struct stat status {};
  if (::fstat(input, &status) != 0) return Refusal{EX_NOINPUT, "the standard input is closed"};
  if (S_ISDIR(status.st_mode)) return Refusal{EX_NOINPUT, "standard input is a directory"};
  // Not cleared: of most of it nothing is ever touched.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadOctets);
  while (true) {
    const std::span<char> room{buffer.get(), kReadOctets};
    const io::Result<std::size_t> octets = io::read_some(input, room, "standard input");
    if (!octets) return Refusal{EX_NOINPUT, io::to_string(octets.error())};
    if (*octets == 0 || !submission.push({buffer.get(), *octets})) return {};
  }
}

/// Whose message it is where -f names nobody: the account's, or, beside "-f <>" and without one,
/// nobody's.
Outcome<mail::Address> author_of(const Outcome<std::optional<Account>>& asked, bool sender_is_named,
                                 const mail::Domain& domain) {
  if (!asked && !sender_is_named) return asked.error();
  const std::optional<Account> us = asked ? *asked : std::nullopt;
  if (!us && !sender_is_named) {
    return Refusal{EX_NOUSER, "no account has our user id, and -f names no sender"};
  }
  mail::Parsed<mail::Address> account = address_of(us ? us->login : "MAILER-DAEMON", domain);
  if (!account && sender_is_named) account = address_of("MAILER-DAEMON", domain);
  if (!account) return Refusal{EX_NOUSER, "our account's name: " + account.error().why};
  return *account;
}

}  // namespace

Moment this_moment(io::Random& random) {
  Moment moment;
  moment.now = std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
  const std::time_t seconds = mail::to_millis(moment.now) / 1000;
  std::tm local{};
  if (::localtime_r(&seconds, &local) != nullptr) {
    moment.utc_offset_minutes = static_cast<int>(local.tm_gmtoff / 60);
  }
  moment.unique = io::hex(random, 16);
  return moment;
}

Outcome<queue::SubmissionRules> submission_rules(const RawSubmission& raw, const Config& config,
                                                 const FindAccount& find_account,
                                                 const Moment& moment) {
  const mail::Domain domain = in_ascii(config.our_domain());
  Outcome<mail::ReversePath> sender =
      raw.sender ? named_sender(*raw.sender, domain) : mail::ReversePath{};
  if (!sender) return sender.error();
  // Asking for the account is slow; who names a sender rarely needs it.
  const Outcome<mail::Address> author =
      *sender ? **sender : author_of(find_account(), raw.sender.has_value(), domain);
  if (!author) return author.error();
  if (!raw.sender) sender = *author;
  Outcome<std::vector<mail::Address>> recipients = operands_of(raw, domain, config.max_recipients);
  if (!recipients) return recipients.error();
  // Before the message is read: whoever forgot the recipients need not type it first.
  if (recipients->empty() && !raw.recipients_from_header) {
    return Refusal{EX_USAGE, "no recipient; name some, or let -t read them from the header"};
  }

  queue::SubmissionRules rules{in_ascii(*author)};
  rules.recipients_from_header = raw.recipients_from_header;
  rules.dot_ends = raw.dot_ends;
  rules.recipients = std::move(*recipients);
  rules.author_name = [name = raw.full_name, find_account] {
    if (name) return *name;
    // No message is lost for the sake of a name.
    const Outcome<std::optional<Account>> us = find_account();
    return us && us->has_value() ? (*us)->full_name : std::string{};
  };
  rules.sender = std::move(*sender);
  rules.notify = raw.notify;
  rules.ret = raw.ret;
  rules.envid = raw.envid;
  rules.domain = domain;
  rules.our_name = in_ascii(config.our_name());
  rules.unique = moment.unique;
  rules.now = moment.now;
  rules.utc_offset_minutes = moment.utc_offset_minutes;
  rules.max_size = config.max_message_size;
  rules.max_recipients = config.max_recipients;
  return rules;
}

Outcome<ReadySubmission> read_submission(const RawSubmission& raw, const Config& config,
                                         const FindAccount& find_account, int input) {
  io::SystemRandom random;
  const Moment moment = this_moment(random);
  Outcome<queue::SubmissionRules> rules = submission_rules(raw, config, find_account, moment);
  if (!rules) return rules.error();

  queue::Submission submission{std::move(*rules)};
  const Outcome<> read = read_message(input, submission);
  if (!read) return read.error();
  Outcome<queue::PreparedSubmission> prepared = submission.finish();
  if (!prepared) return prepared.error();

  SubmissionEnvelope envelope;
  envelope.id = mail::SubmissionId{io::hex(random, 32)};
  envelope.envelope = std::move(prepared->envelope);
  envelope.recipients = std::move(prepared->recipients);
  envelope.message_id = std::move(prepared->message_id);
  envelope.subject = std::move(prepared->subject);
  envelope.written = moment.now;
  return ReadySubmission{std::move(envelope), std::move(prepared->contents)};
}

}  // namespace tenax::engine
