// Asio's TLS, compiled here alone, as runtime/boost_impl.cpp does for the rest of Asio.
#include <boost/asio/ssl/impl/src.hpp>
