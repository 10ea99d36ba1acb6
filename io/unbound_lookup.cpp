// SPDX-License-Identifier: Apache-2.0
#include "io/unbound_lookup.h"

#include <unbound.h>

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "io/system_clock.h"

namespace tenax::io {

namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr int kInternet = 1;
constexpr int kNxdomain = 3;

// When one of A and AAAA has come, the other gets this long: there are servers that never answer
// for AAAA, and a host that is known already must not wait for them until the deadline.
constexpr Span kGraceForTheOther = 3s;

using FoundList = std::vector<Result<Found>>;

std::string_view type_name(int type) {
  return type == kTypeMx ? "MX" : type == kTypeA ? "A" : type == kTypeAaaa ? "AAAA" : "?";
}

// The questions of one look-up, asked side by side. Lives on the strand; owned by its timer's wait
// and by what is posted about it, so that it goes with the context when that goes first.
class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(std::shared_ptr<Unbound> unbound, std::string name, const std::vector<int>& types,
         Instant deadline)
      : unbound_{std::move(unbound)},
        name_{std::move(name)},
        deadline_{deadline},
        timer_{unbound_->strand()} {
    questions_.reserve(types.size());  // the library keeps their addresses
    for (const int type : types) questions_.push_back({this, type, 0, std::nullopt});
  }
  virtual ~Lookup() {
    if (asked_ && !ended_) forget();
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  void start();
  void give_up(Errc reason);
  [[nodiscard]] const Unbound::Strand& strand() const { return unbound_->strand(); }

 protected:
  virtual void deliver(FoundList found) = 0;

 private:
  struct Question {
    Lookup* lookup;
    int type;
    int id;
    std::optional<Result<Found>> found;
  };
  static void answered(void* question, int code, ub_result* result);
  static Result<Found> read(const Question& question, int code, const ub_result* result);

  [[nodiscard]] std::string asking(int type) const {
    return "look up " + std::string{type_name(type)} + " of " + name_;
  }
  void ask(Question& question);
  void set_timer(Instant when);
  void end();
  void forget();

  std::shared_ptr<Unbound> unbound_;
  std::string name_;
  Instant deadline_;
  asio::steady_timer timer_;
  std::vector<Question> questions_;
  bool asked_ = false;
  bool ended_ = false;
};

void Lookup::start() {
  if (ended_) return;
  if (!unbound_->begin_lookup()) {
    give_up(Errc::name_unavailable);
    return;
  }
  asked_ = true;
  for (Question& question : questions_) ask(question);
  set_timer(deadline_);
  const bool all =
      std::ranges::all_of(questions_, [](const auto& q) { return q.found.has_value(); });
  if (all) end();
}

void Lookup::ask(Question& question) {
  const int code = ub_resolve_async(unbound_->handle(), name_.c_str(), question.type, kInternet,
                                    &question, &Lookup::answered, &question.id);
  if (code == UB_NOERROR) return;
  question.found = error(Errc::name_unavailable, asking(question.type) + ": " + ub_strerror(code));
}

void Lookup::set_timer(Instant when) {
  const Span left = std::max<Span>(when - boot_now(), Span::zero());
  timer_.expires_after(std::min<Span>(left, asio::steady_timer::duration::max() / 2));
  timer_.async_wait([self = shared_from_this()](const error_code& moved) {
    if (!moved) self->give_up(Errc::timed_out);
  });
}

// From ub_process, hence on the strand.
void Lookup::answered(void* argument, int code, ub_result* result) {
  auto& question = *static_cast<Question*>(argument);
  const std::unique_ptr<ub_result, void (*)(ub_result*)> owner{result, ub_resolve_free};
  const std::shared_ptr<Lookup> self = question.lookup->shared_from_this();
  question.found = read(question, code, result);
  const auto open = std::ranges::count_if(self->questions_,
                                          [](const Question& q) { return !q.found.has_value(); });
  if (open == 0) {
    self->end();
  } else if (*question.found && !(*question.found)->rdata.empty()) {
    self->set_timer(std::min(self->deadline_, boot_now() + kGraceForTheOther));
  }
}

Result<Found> Lookup::read(const Question& question, int code, const ub_result* result) {
  const std::string asking = question.lookup->asking(question.type);
  if (code != UB_NOERROR || !result) {
    return error(Errc::name_unavailable, asking + ": " + ub_strerror(code));
  }
  if (result->bogus) {
    return error(Errc::name_bogus, asking + (result->why_bogus ? ": " : "") +
                                       (result->why_bogus ? result->why_bogus : ""));
  }
  if (result->nxdomain || result->rcode == kNxdomain) return error(Errc::name_not_found, asking);
  if (result->rcode != 0) {
    return error(Errc::name_unavailable, asking + " (rcode " + std::to_string(result->rcode) + ")");
  }
  Found found;
  found.authentic = result->secure != 0;
  found.ttl = std::chrono::seconds{std::max(result->ttl, 0)};
  for (int at = 0; result->havedata && result->data[at]; ++at) {
    found.rdata.emplace_back(result->data[at], static_cast<std::size_t>(result->len[at]));
  }
  return found;
}

void Lookup::give_up(Errc reason) {
  if (ended_) return;
  for (Question& question : questions_) {
    if (question.found && reason == Errc::timed_out) continue;
    if (!question.found && asked_) ub_cancel(unbound_->handle(), question.id);
    question.found = error(reason, asking(question.type));
  }
  end();
}

void Lookup::end() {
  ended_ = true;
  timer_.cancel();
  if (asked_) unbound_->end_lookup();
  FoundList found;
  for (Question& question : questions_) found.push_back(std::move(*question.found));
  deliver(std::move(found));
}

// The coroutine went without an answer, and the context with it: no strand runs any more.
void Lookup::forget() {
  for (const Question& question : questions_) {
    if (!question.found) ub_cancel(unbound_->handle(), question.id);
  }
}

// A Lookup that resumes what awaits it, on the executor where that lives.
template <class Completion>
class Awaited final : public Lookup {
 public:
  template <class... Args>
  explicit Awaited(Completion completion, Args&&... args)
      : Lookup{std::forward<Args>(args)...},
        executor_{asio::get_associated_executor(completion)},
        slot_{asio::get_associated_cancellation_slot(completion)},
        work_{asio::make_work_guard(executor_)},
        completion_{std::move(completion)} {}

  void watch_owner() {
    if (!slot_.is_connected()) return;
    slot_.assign([weak = this->weak_from_this()](asio::cancellation_type) {
      const auto self = weak.lock();
      if (!self) return;
      asio::post(self->strand(), [self] { self->give_up(Errc::cancelled); });
    });
  }

 protected:
  void deliver(FoundList found) override {
    auto resume = [slot = slot_, completion = std::move(completion_),
                   given = std::move(found)]() mutable {
      slot.clear();
      std::move(completion)(std::move(given));
    };
    asio::post(executor_, std::move(resume));
    work_.reset();
  }

 private:
  using CompletionExecutor = asio::associated_executor_t<Completion>;
  CompletionExecutor executor_;
  asio::cancellation_slot slot_;
  asio::executor_work_guard<CompletionExecutor> work_;
  Completion completion_;
};

}  // namespace

Async<FoundList> look_up(std::shared_ptr<Unbound> unbound, std::string name, std::vector<int> types,
                         Instant deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state before = co_await asio::this_coro::cancellation_state;
  if (before.cancelled() != asio::cancellation_type::none) {
    const Error cancelled = error(Errc::cancelled, "look up " + name);
    co_return FoundList(types.size(), Result<Found>{cancelled});
  }
  auto initiate = [](auto completion, std::shared_ptr<Unbound> asked, std::string asked_name,
                     std::vector<int> asked_types, Instant until) {
    using Waiting = Awaited<decltype(completion)>;
    const auto waiting = std::make_shared<Waiting>(std::move(completion), std::move(asked),
                                                   std::move(asked_name), asked_types, until);
    waiting->watch_owner();
    asio::post(waiting->strand(), [waiting] { waiting->start(); });
  };
  FoundList found = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(FoundList)>(
      initiate, asio::use_awaitable, std::move(unbound), std::move(name), std::move(types),
      deadline);
  co_return found;
}

}  // namespace tenax::io
