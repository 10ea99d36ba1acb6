// SPDX-License-Identifier: Apache-2.0
// A receiver that costs next to nothing: takes mail at many addresses, forgets it, and counts.
//
// smtp_sink [--good A:P]... [--defer A:P]... [--tarpit A:P]... [--patience S] [--lifetime S]
//   --good    takes everything
//   --defer   answers 450 to every recipient
//   --tarpit  says nothing for `patience` seconds (30), then takes everything
//
// Recipients are LETTER NUMBER @ anything; a letter is one batch of mail. Orders come line by line:
//   count LETTER        from now on this batch counts, from zero
//   await N SECONDS     answers when N recipients of the batch were taken, or the time is over
//   refused N SECONDS   the same for refused recipients, of any batch, since the last `count`
//   times               when each recipient of the batch was taken first: {"17": 1234.5, ...}
// Each answer is a line of JSON. The end of the orders, or of its lifetime (3600), ends the
// program.

#include <cctype>
#include <deque>
#include <memory>
#include <vector>

#include "tests/bench/wire.h"

namespace {

using namespace tenax::bench;

constexpr std::size_t kMostNumbers = 10'000'000;  // a larger number is nobody's recipient
constexpr std::size_t kLongestLine = 4096;

enum class Manner { good, defer, tarpit };

struct Client {
  int fd;
  Manner manner;
  std::uint64_t serial;  // a descriptor's number comes back, this does not
  std::string in;
  bool in_text = false;
  int accepted = 0;                  // recipients of this transaction
  std::vector<std::size_t> numbers;  // and those of the batch among them
};

/// What was taken of the batch that counts.
struct Batch {
  char letter = 'u';
  std::vector<double> times;  // by number; 0: not yet
  std::size_t taken = 0, repeats = 0, refused = 0, connections = 0;
  double first = 0, last = 0;

  void take(std::size_t number, double when) {
    if (number >= times.size()) times.resize(number + 1);
    if (times[number] != 0) {
      ++repeats;
      return;
    }
    times[number] = last = when;
    if (taken++ == 0) first = when;
  }
};

class Sink {
 public:
  Sink(double patience, double lifetime) : patience_{patience}, end_{now() + lifetime} {
    poll_.add(STDIN_FILENO, EPOLLIN);
  }

  void listen(const std::string& where, Manner manner) {
    const int fd = listen_at(where);
    poll_.add(fd, EPOLLIN);
    place(doors_, fd) = true;
    place(manners_, fd) = manner;
  }

  void run() {
    while (now() < end_ && !over_) {
      double until = std::min(end_, wish_ ? wish_->deadline : end_);
      if (!silent_.empty()) until = std::min(until, silent_.front().until);
      for (const epoll_event& event : poll_.wait(until)) {
        const int fd = event.data.fd;
        if (fd == STDIN_FILENO) {
          read_orders();
        } else if (place(doors_, fd)) {
          welcome(fd);
        } else {
          serve(*place(clients_, fd));
        }
      }
      greet_those_who_waited();
      fulfil();
    }
  }

 private:
  struct Silence {
    double until;
    int fd;
    std::uint64_t serial;
  };
  struct Wish {
    bool refused;
    std::size_t count;
    double deadline;
  };

  template <class List>
  static typename List::reference place(List& list, int fd) {
    const auto at = static_cast<std::size_t>(fd);
    if (at >= list.size()) list.resize(at + 64);
    return list[at];
  }

  void welcome(int door) {
    for (;;) {
      const int fd = accept4(door, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      send_at_once(fd);
      ++batch_.connections;
      const Manner manner = place(manners_, door);
      place(clients_, fd) =
          std::make_unique<Client>(Client{fd, manner, ++serial_, {}, false, 0, {}});
      poll_.add(fd, EPOLLIN);
      if (manner == Manner::tarpit) {
        silent_.push_back({now() + patience_, fd, serial_});
      } else {
        say(fd, "220 sink.test ESMTP\r\n");
      }
    }
  }

  void greet_those_who_waited() {
    while (!silent_.empty() && silent_.front().until <= now()) {
      const Silence silence = silent_.front();
      silent_.pop_front();
      const auto& client = place(clients_, silence.fd);
      if (client && client->serial == silence.serial) say(silence.fd, "220 sink.test ESMTP\r\n");
    }
  }

  // Answers are few and small: who does not even read these is left.
  bool say(int fd, std::string_view text) {
    return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  void leave(int fd) {
    place(clients_, fd).reset();
    close(fd);
  }

  void serve(Client& client) {
    bool stays = take_in(client.fd, client.in);
    std::string answers;
    std::size_t done = 0;
    while (stays) {
      const std::string_view rest = std::string_view{client.in}.substr(done);
      if (client.in_text) {
        const std::size_t dot = rest.find("\r\n.\r\n");
        if (dot == std::string_view::npos) {
          done += rest.size() - std::min<std::size_t>(rest.size(), 4);
          break;
        }
        done += dot + 5;
        client.in_text = false;
        taken(client);
        answers += "250 2.0.0 taken\r\n";
        continue;
      }
      const std::size_t end = rest.find("\r\n");
      if (end == std::string_view::npos) {
        stays = rest.size() < kLongestLine;
        break;
      }
      stays = command(client, rest.substr(0, end), answers);
      // Text may be nothing but a dot, so the line end before it belongs to the text.
      done += client.in_text ? end : end + 2;
    }
    if (!answers.empty() && !say(client.fd, answers)) stays = false;
    if (!stays) return leave(client.fd);
    client.in.erase(0, done);
  }

  void taken(Client& client) {
    const double when = now();
    for (const std::size_t number : client.numbers) batch_.take(number, when);
    forget(client);
  }

  void forget(Client& client) {
    client.accepted = 0;
    client.numbers.clear();
  }

  // False when the client is to be left.
  bool command(Client& client, std::string_view line, std::string& answers) {
    std::string verb{line.substr(0, 4)};
    for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (verb == "RCPT") {
      answers += recipient(client, line);
    } else if (verb == "MAIL" || verb == "RSET" || verb == "NOOP" || verb == "HELO") {
      if (verb != "NOOP") forget(client);
      answers += "250 2.0.0 ok\r\n";
    } else if (verb == "DATA") {
      client.in_text = client.accepted > 0;
      answers += client.in_text ? "354 go on\r\n" : "554 5.5.1 no recipients\r\n";
    } else if (verb == "EHLO") {
      forget(client);
      answers +=
          "250-sink.test\r\n250-PIPELINING\r\n250-SIZE\r\n250-ENHANCEDSTATUSCODES\r\n"
          "250 8BITMIME\r\n";
    } else if (verb == "QUIT") {
      answers += "221 2.0.0 bye\r\n";
      say(client.fd, answers);
      return false;
    } else {
      answers += "500 5.5.2 what?\r\n";
    }
    return true;
  }

  std::string_view recipient(Client& client, std::string_view line) {
    if (client.manner == Manner::defer) {
      ++batch_.refused;
      return "450 4.2.1 this mailbox is busy\r\n";
    }
    ++client.accepted;
    const std::size_t at = line.find('<');
    if (at != std::string_view::npos && line.size() > at + 2 && line[at + 1] == batch_.letter) {
      std::size_t number = 0;
      for (const char c : line.substr(at + 2, 8)) {
        if (c < '0' || c > '9') break;
        number = number * 10 + static_cast<std::size_t>(c - '0');
      }
      if (number < kMostNumbers) client.numbers.push_back(number);
    }
    return "250 2.1.5 ok\r\n";
  }

  void read_orders() {
    std::array<char, 4096> some;
    const ssize_t got = read(STDIN_FILENO, some.data(), some.size());
    if (got <= 0) {
      over_ = true;
      return;
    }
    orders_.append(some.data(), static_cast<std::size_t>(got));
    for (std::size_t end; (end = orders_.find('\n')) != std::string::npos;) {
      obey(orders_.substr(0, end));
      orders_.erase(0, end + 1);
    }
  }

  void obey(const std::string& order) {
    char letter = 0;
    std::size_t count = 0;
    double seconds = 0;
    if (std::sscanf(order.c_str(), "count %c", &letter) == 1) {
      batch_ = Batch{};
      batch_.letter = letter;
      for (const auto& client : clients_) {
        if (client) client->numbers.clear();  // of the batch before
      }
      answer();
    } else if (std::sscanf(order.c_str(), "await %zu %lf", &count, &seconds) == 2) {
      wish_ = std::make_unique<Wish>(Wish{false, count, now() + seconds});
    } else if (std::sscanf(order.c_str(), "refused %zu %lf", &count, &seconds) == 2) {
      wish_ = std::make_unique<Wish>(Wish{true, count, now() + seconds});
    } else if (order == "times") {
      tell_times();
    } else {
      std::printf("{\"error\": \"unknown order\"}\n");
      std::fflush(stdout);
    }
  }

  void fulfil() {
    if (!wish_) return;
    const std::size_t has = wish_->refused ? batch_.refused : batch_.taken;
    if (has < wish_->count && now() < wish_->deadline) return;
    wish_.reset();
    answer();
  }

  void answer() {
    std::printf(
        "{\"taken\": %zu, \"repeats\": %zu, \"refused\": %zu, \"connections\": %zu, "
        "\"first\": %.6f, \"last\": %.6f}\n",
        batch_.taken, batch_.repeats, batch_.refused, batch_.connections, batch_.first,
        batch_.last);
    std::fflush(stdout);
  }

  void tell_times() {
    const char* comma = "";
    std::printf("{");
    for (std::size_t number = 0; number < batch_.times.size(); ++number) {
      if (batch_.times[number] == 0) continue;
      std::printf("%s\"%zu\": %.6f", comma, number, batch_.times[number]);
      comma = ", ";
    }
    std::printf("}\n");
    std::fflush(stdout);
  }

  double patience_;
  double end_;
  bool over_ = false;
  Poll poll_;
  std::vector<bool> doors_;      // by descriptor, as the next two
  std::vector<Manner> manners_;  // of doors
  std::vector<std::unique_ptr<Client>> clients_;
  std::deque<Silence> silent_;  // in the order of their ends: all wait equally long
  std::uint64_t serial_ = 0;
  std::string orders_;
  std::unique_ptr<Wish> wish_;
  Batch batch_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::span args{argv, static_cast<std::size_t>(argc)};
  std::vector<std::pair<std::string, Manner>> doors;
  double patience = 30;
  double lifetime = 3600;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string_view option = args[i];
    if (option == "--good") {
      doors.emplace_back(value_of(args, i), Manner::good);
    } else if (option == "--defer") {
      doors.emplace_back(value_of(args, i), Manner::defer);
    } else if (option == "--tarpit") {
      doors.emplace_back(value_of(args, i), Manner::tarpit);
    } else if (option == "--patience") {
      patience = std::atof(value_of(args, i));
    } else if (option == "--lifetime") {
      lifetime = std::atof(value_of(args, i));
    } else {
      unknown(args[i]);
    }
  }
  Sink sink{patience, lifetime};
  for (const auto& [where, manner] : doors) sink.listen(where, manner);
  std::printf("{\"ready\": %zu}\n", doors.size());
  std::fflush(stdout);
  sink.run();
  return 0;
}
