// SPDX-License-Identifier: Apache-2.0
#include "queue/store_calls.h"

#include <span>
#include <string>
#include <utility>

#include "queue/answering.h"
#include "queue/claim.h"
#include "queue/cut_short.h"
#include "queue/operate.h"
#include "queue/owed.h"
#include "queue/storms.h"

namespace tenax::queue {

namespace {

/// Whether a file stays is the group's to decide, however the caller ends.
void bring(Change& change, const Gathered& contents) {
  if (contents.file) change.files.push_back(contents.file);
  change.octets += contents.bytes.size();
}

struct Notices {
  std::vector<NoticeDue> due;
  std::vector<std::int64_t> damaged;
};

struct Digest {
  std::optional<DigestDue> due;
  SetAside aside;
};

struct Storm {
  std::optional<StormDue> due;
  bool damaged = false;
};

struct Begun {
  std::shared_ptr<const Chosen> chosen;
  Operated operated;
};

/// Whom it means, and the first piece of them.
io::Result<Begun> begin(Connection& db, const Operation& operation,
                        std::vector<std::string>& forgotten) {
  io::Result<Chosen> chosen = choose(db, operation);
  if (!chosen) return chosen.error();
  Begun begun{std::make_shared<const Chosen>(std::move(*chosen)), {}};
  const std::span all{begun.chosen->all};
  io::Result<Operated> operated =
      operate(db, operation, all.first(end_of_piece(*begun.chosen, operation, 0)), forgotten);
  if (!operated) return operated.error();
  begun.operated = std::move(*operated);
  begun.operated.leased = begun.chosen->leased;
  begun.operated.unknown = begun.chosen->unknown;
  return begun;
}

}  // namespace

io::Async<io::Result<EnqueueResult>> do_enqueue(StorePartsPtr parts,
                                                std::shared_ptr<Entering> entering,
                                                std::unique_ptr<Incoming> contents) {
  io::Async<io::Result<Gathered>> finishing = contents->finish();
  io::Result<Gathered> gathered = co_await std::move(finishing);
  if (!gathered) co_return gathered.error();
  entering->contents = std::move(*gathered);
  auto change =
      answering<EnqueueResult>([entering, writer = parts->writer](Connection& db, Change&) {
        return enter(db, *entering, *writer);
      });
  bring(*change, entering->contents);
  io::Async<io::Result<EnqueueResult>> committing = commit<EnqueueResult>(parts, std::move(change));
  io::Result<EnqueueResult> entered = co_await std::move(committing);
  if (entered && !entered->leased.empty() && !entering->contents.file) {
    parts->fresh.keep(entered->id, std::move(entering->contents.bytes));
  }
  co_return entered;
}

io::Async<io::Result<Settled>> do_settle(StorePartsPtr parts, std::shared_ptr<Settling> settling,
                                         std::vector<std::unique_ptr<Incoming>> contents) {
  for (std::size_t i = 0; i < contents.size(); ++i) {
    io::Async<io::Result<Gathered>> gathering = Incoming::gather(
        std::move(contents[i]), std::move(settling->settlement.notices[i].contents));
    io::Result<Gathered> gathered = co_await std::move(gathering);
    if (!gathered) co_return gathered.error();
    settling->notices[i].contents = std::move(*gathered);
  }
  auto change = answering<Applied>([settling, writer = parts->writer](Connection& db, Change& own) {
    return apply(db, settling->settlement, *writer, settling->notices, own.forgotten);
  });
  for (const Entering& notice : settling->notices) bring(*change, notice.contents);
  io::Async<io::Result<Applied>> committing = commit<Applied>(parts, std::move(change));
  io::Result<Applied> settled = co_await std::move(committing);
  if (!settled) co_return settled.error();
  if (settled->ended) parts->fresh.forget(settling->settlement.message);
  co_return std::move(settled->settled);
}

io::Async<io::Result<std::unique_ptr<io::ByteSource>>> do_open(StorePartsPtr parts,
                                                               mail::QueueId message) {
  if (std::shared_ptr<const std::string> fresh = parts->fresh.find(message)) {
    std::unique_ptr<io::ByteSource> source = source_of(std::move(fresh));
    co_return std::move(source);
  }
  io::Async<io::Result<std::unique_ptr<io::ByteSource>>> opening =
      open_source(parts->disk, message);
  io::Result<std::unique_ptr<io::ByteSource>> source = co_await std::move(opening);
  co_return source;
}

io::Async<io::Result<std::vector<NoticeDue>>> do_notices(StorePartsPtr parts, mail::WallTime now,
                                                         std::size_t max_messages) {
  const auto work = [now, max_messages](Connection& db) -> io::Result<Notices> {
    Notices found;
    io::Result<std::vector<NoticeDue>> due = notices_due(db, now, max_messages, found.damaged);
    if (!due) return due.error();
    found.due = std::move(*due);
    return found;
  };
  io::Async<io::Result<Notices>> looking = DiskRoom::run<Notices>(parts->disk, work);
  io::Result<Notices> found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (!found->damaged.empty()) {
    // Or they would be due for ever.
    auto change = silent([damaged = found->damaged, now](Connection& db, Change&) {
      for (const std::int64_t id : damaged) {
        const io::Result<bool> held = hold_damaged(db, id, now, "recipient " + std::to_string(id));
        if (!held) return io::Result<>{held.error()};
        const io::Result<> still =
            db.run("UPDATE recipient SET next_notice = NULL WHERE id = ?1 AND ended IS NULL", id);
        if (!still && !db.refused()) return still;
      }
      return io::Result<>{};
    });
    io::Async<io::Result<>> holding = commit_silent(parts, std::move(change));
    const io::Result<> held = co_await std::move(holding);
    if (!held) co_return held.error();
  }
  co_return std::move(found->due);
}

io::Async<io::Result<std::optional<DigestDue>>> do_digest(StorePartsPtr parts, mail::WallTime now) {
  const auto work = [now](Connection& db) -> io::Result<Digest> {
    Digest found;
    io::Result<std::optional<DigestDue>> due = queue::digest_due(db, now, found.aside);
    if (!due) return due.error();
    found.due = std::move(*due);
    return found;
  };
  io::Async<io::Result<Digest>> looking = DiskRoom::run<Digest>(parts->disk, work);
  io::Result<Digest> found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (!found->aside.damaged.empty() || !found->aside.needless.empty()) {
    auto change =
        silent([aside = found->aside](Connection& db, Change&) { return set_aside(db, aside); });
    io::Async<io::Result<>> setting = commit_silent(parts, std::move(change));
    const io::Result<> set = co_await std::move(setting);
    if (!set) co_return set.error();
  }
  co_return std::move(found->due);
}

io::Async<io::Result<std::optional<StormDue>>> do_storm(StorePartsPtr parts, mail::WallTime now) {
  const auto work = [now](Connection& db) -> io::Result<Storm> {
    Storm found;
    io::Result<std::optional<StormDue>> due = queue::storm_due(db, now, found.damaged);
    if (!due) return due.error();
    found.due = std::move(*due);
    return found;
  };
  io::Async<io::Result<Storm>> looking = DiskRoom::run<Storm>(parts->disk, work);
  io::Result<Storm> found = co_await std::move(looking);
  if (!found) co_return found.error();
  if (found->damaged) {
    auto change = silent([now](Connection& db, Change&) { return renew_damaged_storm(db, now); });
    io::Async<io::Result<>> renewing = commit_silent(parts, std::move(change));
    const io::Result<> renewed = co_await std::move(renewing);
    if (!renewed) co_return renewed.error();
  }
  co_return std::move(found->due);
}

io::Async<io::Result<>> do_tell_owed(StorePartsPtr parts, std::shared_ptr<ToldOwed> told,
                                     std::shared_ptr<Entering> digest,
                                     std::unique_ptr<Incoming> contents) {
  io::Async<io::Result<Gathered>> gathering =
      Incoming::gather(std::move(contents), std::move(told->digest.contents));
  io::Result<Gathered> gathered = co_await std::move(gathering);
  if (!gathered) co_return gathered.error();
  digest->contents = std::move(*gathered);
  auto change = silent([told, digest, writer = parts->writer](Connection& db, Change&) {
    return queue::tell_owed(db, *told, *digest, *writer);
  });
  bring(*change, digest->contents);
  io::Async<io::Result<>> committing = commit_silent(parts, std::move(change));
  const io::Result<> done = co_await std::move(committing);
  co_return done;
}

io::Async<io::Result<>> do_tell_storm(StorePartsPtr parts, std::shared_ptr<ToldStorm> told,
                                      std::shared_ptr<Entering> mail,
                                      std::unique_ptr<Incoming> contents) {
  if (mail) {
    io::Async<io::Result<Gathered>> gathering =
        Incoming::gather(std::move(contents), std::move(told->mail->contents));
    io::Result<Gathered> gathered = co_await std::move(gathering);
    if (!gathered) co_return gathered.error();
    mail->contents = std::move(*gathered);
  }
  auto change = silent([told, mail, writer = parts->writer](Connection& db, Change&) {
    return queue::tell_storm(db, *told, mail.get(), *writer);
  });
  if (mail) bring(*change, mail->contents);
  io::Async<io::Result<>> committing = commit_silent(parts, std::move(change));
  const io::Result<> done = co_await std::move(committing);
  co_return done;
}

io::Async<io::Result<Operated>> do_operate(StorePartsPtr parts,
                                           std::shared_ptr<const Operation> operation) {
  auto first = answering<Begun>(whole(
      [operation](Connection& db, Change& own) { return begin(db, *operation, own.forgotten); }));
  io::Async<io::Result<Begun>> beginning = commit<Begun>(parts, std::move(first));
  io::Result<Begun> begun = co_await std::move(beginning);
  if (!begun) co_return begun.error();
  const std::shared_ptr<const Chosen> chosen = begun->chosen;
  Operated operated = std::move(begun->operated);
  std::size_t done = end_of_piece(*chosen, *operation, 0);
  while (done < chosen->all.size()) {
    const std::size_t end = end_of_piece(*chosen, *operation, done);
    auto change = answering<Operated>([operation, chosen, done, end](Connection& db, Change& own) {
      const std::span all{chosen->all};
      return operate(db, *operation, all.subspan(done, end - done), own.forgotten);
    });
    io::Async<io::Result<Operated>> committing = commit<Operated>(parts, std::move(change));
    io::Result<Operated> piece = co_await std::move(committing);
    if (!piece) co_return cut_short(operated.changed, done_by(operation->verb), piece.error());
    add_piece(operated, std::move(*piece));
    done = end;
  }
  co_return operated;
}

Entering entering_of(NewNotice& notice) {
  Entering entering;
  entering.message = std::move(notice.message);
  entering.destinations = std::move(notice.destinations);
  entering.cap = std::move(notice.cap);
  if (entering.destinations.empty()) {
    for (const mail::NewRecipient& recipient : entering.message.recipients) {
      entering.destinations.push_back(mail::Destination::of(recipient.address.domain()));
    }
  }
  return entering;
}

}  // namespace tenax::queue
