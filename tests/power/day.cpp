// SPDX-License-Identifier: Apache-2.0
#include "tests/power/day.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "engine/hand_over.h"
#include "queue/reader.h"
#include "queue/sqlite.h"

namespace tenax::power {

using namespace std::chrono_literals;

namespace {

void insist(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error{"the day went wrong: " + what};
}

mail::Address address(const std::string& text) { return mail::Address::parse(text).value(); }

std::vector<mail::NewRecipient> recipients_of(const std::vector<std::string>& to) {
  std::vector<mail::NewRecipient> all;
  for (const std::string& one : to) all.push_back({address(one), {}, std::nullopt});
  return all;
}

}  // namespace

Day::Day(std::uint64_t seed)
    : root_{std::filesystem::canonical(folder_.path()).string()}, dice_{seed}, ledger_{[this] {
        return disk_.history().steps();
      }} {
  calls_.emplace(disk_.history(), root_);
}

void Day::pass() {
  // The first start of all, and mail by the store's door: alone, together, small, large.
  begin();
  submit({"bob@example.net"});
  submit({"bob@example.net", "nobody@strict.example"}, Size::large);
  submit_together({write({"a@example.net"}, Size::small), write({"b@grey.example"}, Size::large),
                   write({"c@busy.example"}, Size::small), write({"d@example.net"}, Size::small)});
  daemon_->serve();
  daemon_->pass(1min);
  const Letter unheard = write({"e@busy.example"}, Size::small);
  submit_together({unheard});
  die();

  // The daemon is down.
  drop({"f@example.net"});
  drop({"g@grey.example", "h@strict.example"}, Size::large);
  die_while_dropping(Size::small);
  die_while_dropping(Size::large);
  hand_over(write({"i@example.net"}, Size::large), true);
  hand_over(unheard);  // its submitter never heard that the store has it
  begin();
  drop({"j@example.net"});
  daemon_->take_in();
  submit({"k@busy.example"}, Size::large);
  daemon_->serve();
  daemon_->pass(1h);  // the greylisted come through
  remove("k@busy.example");
  checkpoint();
  submit({"l@grey.example"}, Size::large);
  drop({"m@strict.example"});
  daemon_->take_in();
  daemon_->pass(5h);  // somebody is told of a delay
  stop();

  // Two days later all that was said so far is forgotten, but for what still waits.
  drop({"n@busy.example"}, Size::large);
  drop({"o@example.net"});
  begin();
  daemon_->take_in();
  daemon_->serve();
  daemon_->pass(30h);
  ledger_.purging();
  daemon_->pass(96h);
  checkpoint();
  submit({"p@example.net"}, Size::large);
  daemon_->pass(1min);
  submit({"q@busy.example"});
  stop();

  // A storm: the operator hears of it, of its going on in another life, and of its end.
  begin();
  daemon_->serve();
  for (const char* to : {"s@moody.example", "t@moody.example", "u@moody.example", "v@moody.example",
                         "w@moody.example", "x@moody.example"}) {
    submit({to});
    daemon_->pass(1min);
  }
  die();
  begin();
  daemon_->serve();
  daemon_->pass(25h);
  insist(ledger_.storms_told() == 2, "two mails about a storm");
  operate(queue::Verb::release);
  daemon_->pass(10min);
  insist(ledger_.storms_told() == 3, "and one about its end");
  stop();

  drop({"r@example.net"});
  calls_.reset();
}

Day::Letter Day::write(std::vector<std::string> to, Size size) {
  Letter letter;
  letter.name = "letter " + std::to_string(++letters_);
  letter.to = std::move(to);
  letter.head = "Subject: " + letter.name + "\r\nMessage-ID: <" + letter.name +
                "@example.org>\r\nFrom: ann@example.org\r\n\r\n";
  const std::size_t length =
      size == Size::small ? 20 + dice_.bits() % 2000 : 20'000 + dice_.bits() % 150'000;
  while (letter.body.size() < length) {
    letter.body += std::to_string(letter.body.size()) + " lines of it\r\n";
  }
  ledger_.submitted(letter.name, letter.head + letter.body, letter.to.size());
  return letter;
}

mail::SubmissionId Day::submission_id(const Letter& letter) {
  const std::string number = letter.name.substr(letter.name.find(' ') + 1);
  return mail::SubmissionId{std::string(32 - number.size(), '0') + number};
}

void Day::begin() {
  daemon_ = std::make_unique<Daemon>(root_ + "/var/tenax", disk_.name(), now_, dice_, ledger_);
}

void Day::die() {
  now_ = daemon_->now() + 1min;
  daemon_.reset();
}

void Day::stop() {
  daemon_->stop();
  die();
}

io::Async<> Day::enter(Daemon* daemon, mail::NewMessage message, std::string contents) {
  std::unique_ptr<queue::IncomingContents> incoming = daemon->store().new_contents();
  const io::Result<> appended = co_await incoming->append(contents);
  insist(appended.has_value(), "contents");
  const io::Result<queue::EnqueueResult> kept =
      co_await daemon->engine().accept(std::move(message), std::move(incoming));
  insist(kept.has_value(), "accepting");
}

void Day::submit_together(const std::vector<Letter>& letters) {
  for (const Letter& letter : letters) {
    mail::NewMessage message;
    message.accepted = daemon_->engine().now();
    message.id = daemon_->store().new_id(message.accepted);
    message.submission = submission_id(letter);
    message.envelope.sender = address("ann@example.org");
    message.recipients = recipients_of(letter.to);
    message.message_id = "<" + letter.name + "@example.org>";
    message.subject = letter.name;
    std::string contents = letter.head + letter.body;
    message.envelope.size = static_cast<std::int64_t>(contents.size());
    daemon_->spawn(enter(daemon_.get(), std::move(message), std::move(contents)));
  }
  daemon_->pass(0s);
}

void Day::submit(std::vector<std::string> to, Size size) {
  submit_together({write(std::move(to), size)});
}

void Day::hand_over(const Letter& letter, bool interrupted) {
  engine::SubmissionEnvelope envelope;
  envelope.id = submission_id(letter);
  envelope.envelope.sender = address("ann@example.org");
  envelope.recipients = recipients_of(letter.to);
  envelope.message_id = "<" + letter.name + "@example.org>";
  envelope.subject = letter.name;
  envelope.written = daemon_ ? daemon_->now() : now_;
  queue::Spool body;
  insist(body.append(letter.body).has_value(), "spool");
  queue::SubmissionContents contents{letter.head, std::move(body), queue::BodyForm::as_is};
  engine::HandOverDoors doors;
  doors.socket = root_ + "/nobody listens";
  doors.drop_directory = root_ + "/var/tenax/drop";
  if (interrupted) doors.interrupted = [] { return true; };
  const auto handed_over = engine::hand_over(envelope, contents, doors);
  insist(handed_over.has_value() != interrupted, "handing over");
  if (handed_over) ledger_.acknowledged(letter.name);
}

void Day::drop(std::vector<std::string> to, Size size) { hand_over(write(std::move(to), size)); }

void Day::die_while_dropping(Size size) {
  const Letter letter = write({"bob@example.net"}, size);
  io::Result<queue::DropWriter> writer =
      queue::DropFolder{root_ + "/var/tenax/drop"}.create(submission_id(letter));
  insist(writer.has_value(), "creating a drop file");
  insist(writer->append(letter.body).has_value(), "writing a drop file");
  dead_.push_back(std::move(*writer));
}

void Day::operate(queue::Verb verb, const std::string& recipient) {
  queue::Operation operation;
  operation.verb = verb;
  operation.selection.recipient = recipient;
  operation.by = "uid 0";
  const io::Result<queue::Operated> done = daemon_->run(daemon_->engine().operate(operation));
  insist(done && done->changed > 0, "an operator's verb");
}

void Day::remove(const std::string& recipient) {
  operate(queue::Verb::remove, recipient);
  queue::Selection removed;
  removed.states = {mail::RecipientState::removed};
  auto reader = queue::Reader::open(root_ + "/var/tenax").value();
  for (const queue::RecipientRow& row : reader->list(removed, 10).value()) {
    ledger_.ended(row.message, row.id, row.state);
  }
}

// In the midst of things, as after many megabytes.
void Day::checkpoint() {
  auto db = queue::Connection::open(root_ + "/var/tenax/queue.db", queue::Access::read_write,
                                    disk_.name());
  insist(db && (*db)->checkpoint(false), "checkpoint");
}

}  // namespace tenax::power
