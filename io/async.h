// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a function that may wait returns.
//
// g++ 12 can destroy temporaries twice where a capturing lambda and co_await share an expression.
// So: one co_await per statement, named operands, no capturing lambda as a coroutine.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tenax::io {

namespace asio = boost::asio;

template <class T = void>
using Async = asio::awaitable<T>;

using Executor = asio::any_io_executor;

}  // namespace tenax::io
