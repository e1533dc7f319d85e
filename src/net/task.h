// The coroutine type of the house, and names for the few Asio types that everybody above net/ uses.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sealpost::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
template <class T = void>
using Task = asio::awaitable<T, asio::io_context::executor_type>;
inline constexpr asio::use_awaitable_t<asio::io_context::executor_type> use_task{};

}  // namespace sealpost::net
