// SPDX-License-Identifier: Apache-2.0
#include "io/tls_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // the only user of asio's TLS
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>

#include "tests/io/loopback.h"
#include "tests/support/certificates.h"
#include "tests/support/temp_directory.h"

namespace tenax::io {
namespace {

using namespace std::chrono_literals;
using loopback::connected;
using loopback::kToken;
using loopback::Server;
using loopback::Socket;
using ::testing::AnyOf;
using testing::Certificate;
using ::testing::HasSubstr;
using testing::in_time;
using testing::run_real;
using testing::within;

constexpr std::string_view kName = "mx.example.net";

// One TLS server; greets, repeats three bytes, leaves.
class TlsServer {
 public:
  TlsServer(asio::io_context& context, const Certificate& certificate,
            asio::ssl::context::method method = asio::ssl::context::tls_server)
      : settings_{method}, acceptor_{context, loopback::any_port()} {
    settings_.use_certificate(asio::buffer(certificate.certificate), asio::ssl::context::pem);
    settings_.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
    SSL_CTX_set_security_level(settings_.native_handle(), 0);
  }
  void start() { asio::co_spawn(acceptor_.get_executor(), serve(), asio::detached); }
  [[nodiscard]] Endpoint endpoint() const { return acceptor_.local_endpoint(); }
  [[nodiscard]] SSL_CTX* settings() { return settings_.native_handle(); }
  [[nodiscard]] const std::string& asked_for() const { return asked_for_; }
  [[nodiscard]] bool left_politely() const { return left_politely_; }
  void in_clear_first(std::string bytes) { in_clear_first_ = std::move(bytes); }
  void break_off_after_echo() { break_off_ = true; }
  void floods_with_tickets() { floods_ = true; }

 private:
  Async<> serve() {
    auto [failed, socket] = co_await acceptor_.async_accept(kToken);
    if (failed) co_return;
    co_await asio::async_write(socket, asio::buffer(in_clear_first_), kToken);
    asio::ssl::stream<Socket> tls{std::move(socket), settings_};
    const auto [unshaken] = co_await tls.async_handshake(asio::ssl::stream_base::server, kToken);
    if (unshaken) co_return;
    const char* name = SSL_get_servername(tls.native_handle(), TLSEXT_NAMETYPE_host_name);
    asked_for_ = name ? name : "";
    // What TLS says to TLS: nothing of it is for the one who reads.
    for (int tickets = 0; floods_ && tickets < 20'000; ++tickets) {
      if (SSL_new_session_ticket(tls.native_handle()) != 1) co_return;
      const auto [gone] = co_await tls.async_handshake(asio::ssl::stream_base::server, kToken);
      if (gone) co_return;
    }
    std::array<char, 3> bytes{};
    const auto [unread, got] = co_await asio::async_read(tls, asio::buffer(bytes), kToken);
    if (unread) co_return;
    co_await asio::async_write(tls, asio::buffer(bytes), kToken);
    if (break_off_) co_return;
    const auto [end, more] = co_await tls.async_read_some(asio::buffer(bytes), kToken);
    left_politely_ = end == asio::error::eof;
  }

  asio::ssl::context settings_;
  asio::ip::tcp::acceptor acceptor_;
  std::string in_clear_first_;
  std::string asked_for_;
  bool break_off_ = false;
  bool floods_ = false;
  bool left_politely_ = false;
};

class TlsStreamTest : public ::testing::Test {
 protected:
  TlsStreamTest() {
    authority_ = testing::make_authority();
    ca_file_ = directory_ / "ca.pem";
    std::ofstream{ca_file_} << authority_.certificate;
  }

  [[nodiscard]] TlsRequirement requirement(bool verify, std::string_view name = kName) const {
    return {std::string{name}, verify, ca_file_};
  }
  Result<> upgrade(Stream& stream, const TlsRequirement& asked, Instant deadline = in_time()) {
    return run_real(context, stream.start_tls(asked, deadline));
  }
  Result<std::size_t> read(Stream& stream, Instant deadline = in_time()) {
    std::array<char, 10> some{};
    return run_real(context, stream.read_some(some, deadline));
  }
  std::string echoed(Stream& stream) {
    const Result<> sent = run_real(context, stream.write("abc", in_time()));
    if (!sent) return to_string(sent.error());
    std::array<char, 10> some{};
    const Result<std::size_t> got = run_real(context, stream.read_some(some, in_time()));
    return got ? std::string{some.data(), *got} : to_string(got.error());
  }

  /// How a server that has to prove itself comes off: "anew", "resumed" or "unproven".
  std::string told(TlsServer& server) {
    server.start();
    const auto stream = connected(context, connector, server.endpoint());
    const Result<> shaken = upgrade(*stream, requirement(true));
    if (!shaken) return shaken.error().is(Errc::tls_unproven) ? "unproven" : "failed";
    EXPECT_EQ(echoed(*stream), "abc");
    return stream->tls()->resumed ? "resumed" : "anew";
  }

  void replace_ca_file(const std::string& certificates) {
    std::ofstream{ca_file_ + ".new"} << certificates;
    std::filesystem::rename(ca_file_ + ".new", ca_file_);
  }

  void wait_for_input(Stream& stream) {
    const Instant deadline = in_time();
    context.restart();
    while (!stream.has_input() && boot_now() < deadline) context.run_for(1ms);
  }

  asio::io_context context;
  TcpConnector connector;
  Certificate authority_;
  testing::TempDirectory directory_;
  std::string ca_file_;
  int files_ = 0;
};

TEST_F(TlsStreamTest, AProvenPeerIsVerifiedAndBytesFlow) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(true));
  ASSERT_TRUE(shaken) << to_string(shaken.error());
  ASSERT_TRUE(stream->tls());
  EXPECT_TRUE(stream->tls()->verified);
  EXPECT_EQ(stream->tls()->protocol, "TLSv1.3");
  EXPECT_THAT(stream->tls()->cipher, HasSubstr("TLS_"));
  EXPECT_EQ(echoed(*stream), "abc");
  EXPECT_EQ(server.asked_for(), kName);
}

TEST_F(TlsStreamTest, ASecondSessionWithTheSameServerIsResumedAndAsProvenAsTheFirst) {
  for (const auto method : {asio::ssl::context::tls_server, asio::ssl::context::tlsv12_server}) {
    TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_), method};
    for (const bool again : {false, true, true}) {
      server.start();
      const auto stream = connected(context, connector, server.endpoint());
      ASSERT_TRUE(upgrade(*stream, requirement(true)));
      EXPECT_EQ(stream->tls()->resumed, again) << stream->tls()->protocol;
      EXPECT_TRUE(stream->tls()->verified);
      EXPECT_EQ(echoed(*stream), "abc");
    }
  }
}

TEST_F(TlsStreamTest, NoSessionIsResumedUnderAnotherNameOrAnotherDemand) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  const auto resumed = [&](const TlsRequirement& asked) {
    server.start();
    const auto stream = connected(context, connector, server.endpoint());
    if (!upgrade(*stream, asked)) return std::string{"refused"};
    EXPECT_EQ(echoed(*stream), "abc");
    return std::string{stream->tls()->resumed ? "resumed" : "anew"};
  };
  EXPECT_EQ(resumed(requirement(false)), "anew");
  EXPECT_EQ(resumed(requirement(true)), "anew");
  EXPECT_EQ(resumed(requirement(true, "other.example.net")), "refused");
  EXPECT_EQ(resumed(requirement(true, "other.example.net")), "refused");
  EXPECT_EQ(resumed(requirement(false, "other.example.net")), "anew");
  EXPECT_EQ(resumed(requirement(true)), "resumed");
}

TEST_F(TlsStreamTest, AChangedFileOfCertificatesIsBelievedFromTheNextConnectionOn) {
  TlsServer old{context, testing::make_certificate({std::string{kName}}, authority_)};
  const Certificate other = testing::make_authority();
  TlsServer young{context, testing::make_certificate({std::string{kName}}, other)};
  EXPECT_EQ(told(old), "anew");
  EXPECT_EQ(told(young), "unproven");

  replace_ca_file(other.certificate);
  EXPECT_EQ(told(young), "anew");
  EXPECT_EQ(told(old), "unproven") << "its session was given for the file before";
  EXPECT_EQ(told(young), "resumed");
}

TEST_F(TlsStreamTest, AServerProvesItselfAnewToAChangedFile) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  EXPECT_EQ(told(server), "anew");
  replace_ca_file(authority_.certificate + testing::make_authority().certificate);
  EXPECT_EQ(told(server), "anew");
  EXPECT_EQ(told(server), "resumed");
}

TEST_F(TlsStreamTest, WhileAChangedFileCannotBeReadWhatItHeldHolds) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  EXPECT_EQ(told(server), "anew");
  replace_ca_file(authority_.certificate.substr(0, authority_.certificate.size() / 2));
  EXPECT_EQ(told(server), "resumed");
  std::filesystem::remove(ca_file_);
  EXPECT_EQ(told(server), "resumed");
  replace_ca_file(testing::make_authority().certificate);
  EXPECT_EQ(told(server), "unproven");
}

TEST_F(TlsStreamTest, ClosingSaysGoodbye) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  EXPECT_EQ(echoed(*stream), "abc");
  stream->close();
  context.restart();
  context.run_for(100ms);
  EXPECT_TRUE(server.left_politely());
}

TEST_F(TlsStreamTest, AnUnprovenPeerWillDoUnlessProofIsRequired) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  EXPECT_FALSE(stream->tls()->verified);
  EXPECT_EQ(echoed(*stream), "abc");
}

TEST_F(TlsStreamTest, ProofIsNotedEvenWhenItIsNotRequired) {
  TlsServer server{context, testing::make_certificate({"*.example.net"}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  EXPECT_TRUE(stream->tls()->verified);
}

struct Unproven {
  std::string rule;
  std::vector<std::string> names;
  enum class Signed { by_authority, by_itself, by_itself_expired } how;
  std::string why;
};

class TlsUnproven : public TlsStreamTest, public ::testing::WithParamInterface<Unproven> {
 protected:
  Certificate certificate() {
    switch (GetParam().how) {
      case Unproven::Signed::by_authority:
        return testing::make_certificate(GetParam().names, authority_);
      case Unproven::Signed::by_itself: return testing::make_self_signed(GetParam().names);
      case Unproven::Signed::by_itself_expired:
        return testing::make_self_signed(GetParam().names, true);
    }
    std::abort();
  }
};

TEST_P(TlsUnproven, IsRefusedWhereProofIsRequired) {
  TlsServer server{context, certificate()};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(true));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_unproven)) << to_string(shaken.error());
  EXPECT_THAT(to_string(shaken.error()), HasSubstr(GetParam().why));
  EXPECT_FALSE(stream->tls());
  EXPECT_FALSE(run_real(context, stream->write("MAIL FROM:<>\r\n", in_time())));  // not in clear
}

TEST_P(TlsUnproven, IsNotedWhereItIsNot) {
  TlsServer server{context, certificate()};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  EXPECT_FALSE(stream->tls()->verified);
}

INSTANTIATE_TEST_SUITE_P(
    Peer, TlsUnproven,
    ::testing::Values(
        Unproven{"WithAnothersName", {"mx.example.org"}, Unproven::Signed::by_authority, "ostname"},
        Unproven{"WithNoAuthority", {"mx.example.net"}, Unproven::Signed::by_itself, "self"},
        Unproven{"PastItsTime", {"mx.example.net"}, Unproven::Signed::by_itself_expired, ""},
        Unproven{"WithAWildcardTwoLabelsUp", {"*.net"}, Unproven::Signed::by_authority, "ostname"},
        Unproven{
            "WithAPartialWildcard", {"m*.example.net"}, Unproven::Signed::by_authority, "ostname"}),
    [](const auto& given) { return given.param.rule; });

TEST_F(TlsStreamTest, AnAddressIsProvenByACertificateForTheAddress) {
  TlsServer server{context, testing::make_certificate({"127.0.0.1"}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(true, "127.0.0.1"));
  ASSERT_TRUE(shaken) << to_string(shaken.error());
  EXPECT_EQ(echoed(*stream), "abc");
  EXPECT_EQ(server.asked_for(), "");  // RFC 6066 3: names only
}

TEST_F(TlsStreamTest, ANameInUtf8IsAskedForAsALabels) {
  TlsServer server{context, testing::make_certificate({"xn--bcher-kva.example"}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(true, "bücher.example")));
  EXPECT_TRUE(stream->tls()->verified);
}

TEST_F(TlsStreamTest, WithoutANameNothingIsProven) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(true, ""));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_unproven));
}

TEST_F(TlsStreamTest, WithoutANameAnyoneWillStillDo) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false, "")));
  EXPECT_FALSE(stream->tls()->verified);
}

TEST_F(TlsStreamTest, AGivenCertificateIsTrustedWhateverItIs) {
  const std::vector<std::string> names{std::string{kName}};
  const Certificate below = testing::make_authority_below(authority_);
  const Certificate own = testing::make_certificate(names, authority_);
  const auto proven = [&](const Certificate& server, const Certificate& trusted) {
    const std::string given = directory_ / (std::to_string(++files_) + ".pem");
    std::ofstream{given} << trusted.certificate;
    TlsServer one{context, server};
    one.start();
    const auto stream = connected(context, connector, one.endpoint());
    return upgrade(*stream, {std::string{kName}, true, given}).has_value();
  };
  EXPECT_TRUE(proven(own, own));
  EXPECT_TRUE(proven(testing::make_certificate(names, below), below));
  EXPECT_FALSE(proven(testing::make_certificate(names, authority_), own));
  const Certificate other = testing::make_certificate({"other.example.net"}, authority_);
  EXPECT_FALSE(proven(other, other)) << "it does not prove the name";
}

TEST_F(TlsStreamTest, AStoreThatIsNotThereIsAnErrorOfOurs) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const TlsRequirement asked{std::string{kName}, false, directory_ / "none.pem"};
  const Result<> shaken = upgrade(*stream, asked);
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_failed));
  EXPECT_THAT(to_string(shaken.error()), HasSubstr("none.pem"));
}

TEST_F(TlsStreamTest, TheSystemsStoreIsTheDefault) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, {std::string{kName}, true, ""});
  ASSERT_FALSE(shaken);  // our authority is not in it
  EXPECT_TRUE(shaken.error().is(Errc::tls_unproven));
}

TEST_F(TlsStreamTest, TlsOneOneIsNotSpoken) {  // RFC 8996
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  SSL_CTX_set_max_proto_version(server.settings(), TLS1_1_VERSION);
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(false));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_failed)) << to_string(shaken.error());
}

TEST_F(TlsStreamTest, TlsOneTwoIs) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  SSL_CTX_set_max_proto_version(server.settings(), TLS1_2_VERSION);
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(true)));
  EXPECT_EQ(stream->tls()->protocol, "TLSv1.2");
  EXPECT_EQ(echoed(*stream), "abc");
}

TEST_F(TlsStreamTest, ClearTextInjectedBeforeTheHandshakeBreaksIt) {
  TlsServer server{context, testing::make_certificate({std::string{kName}}, authority_)};
  server.in_clear_first("250 injected\r\n");
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(false));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_failed));
  const std::string line = to_string(shaken.error());
  EXPECT_THAT(line, HasSubstr("wrong version number"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST_F(TlsStreamTest, AHandshakeThatStallsCostsNoMoreThanTheDeadline) {
  Server server{context};
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(false), within(40ms));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::timed_out)) << to_string(shaken.error());
}

Async<> hang_up_on_the_first_byte(Socket& socket) {
  std::array<char, 1> byte{};
  co_await socket.async_read_some(asio::buffer(byte), kToken);
  boost::system::error_code ignored;
  socket.close(ignored);
}

TEST_F(TlsStreamTest, APeerThatLeavesInTheHandshakeHasBrokenIt) {
  Server server{context, hang_up_on_the_first_byte};
  const auto stream = connected(context, connector, server.endpoint());
  const Result<> shaken = upgrade(*stream, requirement(true));
  ASSERT_FALSE(shaken);
  EXPECT_TRUE(shaken.error().is(Errc::tls_failed)) << to_string(shaken.error());
}

TEST_F(TlsStreamTest, InputIsSeenWithoutTakingIt) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.break_off_after_echo();
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  context.restart();
  context.run_for(50ms);
  EXPECT_FALSE(stream->has_input());  // session tickets are no words for us
  ASSERT_TRUE(run_real(context, stream->write("abc", in_time())));
  wait_for_input(*stream);
  EXPECT_EQ(read(*stream).value(), 3U);
  wait_for_input(*stream);
  EXPECT_TRUE(stream->has_input());  // the end
}

TEST_F(TlsStreamTest, RecordsThatHoldNothingForUsEnd) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.floods_with_tickets();
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  ASSERT_TRUE(run_real(context, stream->write("abc", in_time())));
  const Result<std::size_t> got = read(*stream);
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(Errc::tls_failed)) << to_string(got.error());
}

TEST_F(TlsStreamTest, AnEndWithoutGoodbyeIsAnEnd) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.break_off_after_echo();
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  EXPECT_EQ(echoed(*stream), "abc");
  const Result<std::size_t> got = read(*stream);
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(Errc::closed)) << to_string(got.error());
}

TEST_F(TlsStreamTest, ASilentPeerCostsNoMoreThanTheDeadline) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  const Result<std::size_t> got = read(*stream, within(30ms));
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(Errc::timed_out));
}

TEST_F(TlsStreamTest, APeerThatReadsNothingBlocksAWriteUntilTheDeadline) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  const std::string much(64 << 20, 'x');
  const Result<> written = run_real(context, stream->write(much, within(200ms)));
  ASSERT_FALSE(written);
  EXPECT_THAT(static_cast<Errc>(written.error().code.value()), AnyOf(Errc::timed_out, Errc::reset));
}

TEST_F(TlsStreamTest, TlsInTlsIsRefused) {
  TlsServer server{context, testing::make_self_signed({std::string{kName}})};
  server.start();
  const auto stream = connected(context, connector, server.endpoint());
  ASSERT_TRUE(upgrade(*stream, requirement(false)));
  const Result<> again = upgrade(*stream, requirement(false));
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(Errc::protocol));
}

}  // namespace
}  // namespace tenax::io
