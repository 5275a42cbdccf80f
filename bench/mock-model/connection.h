/* connection.h - takes over an accepted socket. */
#ifndef MOCK_CONNECTION_H
#define MOCK_CONNECTION_H

#include "model.h"

/* Owns `fd` and `ssl` (NULL: plain) from now on. */
void connection_accept(struct loop *loop, int fd, SSL *ssl);

#endif
