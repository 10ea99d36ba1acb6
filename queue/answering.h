// SPDX-License-Identifier: Apache-2.0
#pragma once
// Changes that answer: what a function found or did in a transaction travels back to the caller.

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "io/async.h"
#include "io/result.h"

#include "queue/passing.h"
#include "queue/store_parts.h"

namespace tenax::queue {

/// A change whose result travels back beside it.
template <class T>
struct Answering : Change {
  std::optional<T> answer;
};

template <class T>
io::Async<io::Result<T>> commit(StorePartsPtr parts, std::shared_ptr<Answering<T>> change) {
  io::Async<io::Result<>> committing = CommitGroup::commit(parts->group, change);
  const io::Result<> done = co_await std::move(committing);
  if (!done) co_return done.error();
  co_return std::move(*change->answer);
}

/// `work(db, change)` answers io::Result<T>.
template <class T, class Work>
std::shared_ptr<Answering<T>> answering(Work work) {
  auto change = std::make_shared<Answering<T>>();
  // The change outlives its run; a shared pointer to itself would keep it for ever.
  Answering<T>* self = change.get();
  change->apply = [self, work = std::move(work)](Connection& db) mutable -> io::Result<> {
    io::Result<T> answer = work(db, *self);
    if (!answer) return answer.error();
    self->answer = std::move(*answer);
    return io::Result<>{};
  };
  return change;
}

/// For what looks at all mail: what is here in short is written out before.
template <class Work>
auto whole(Work work) {
  return [work = std::move(work)](
             Connection& db, Change& change) -> std::invoke_result_t<Work&, Connection&, Change&> {
    const io::Result<> written = write_out(db);
    if (!written) return written.error();
    return work(db, change);
  };
}

/// `work(db, change)` only succeeds or fails.
template <class Work>
std::shared_ptr<Change> silent(Work work) {
  auto change = std::make_shared<Change>();
  Change* self = change.get();
  change->apply = [self, work = std::move(work)](Connection& db) mutable -> io::Result<> {
    return work(db, *self);
  };
  return change;
}

inline io::Async<io::Result<>> commit_silent(StorePartsPtr parts, std::shared_ptr<Change> change) {
  io::Async<io::Result<>> committing = CommitGroup::commit(parts->group, change);
  const io::Result<> done = co_await std::move(committing);
  co_return done;
}

}  // namespace tenax::queue
