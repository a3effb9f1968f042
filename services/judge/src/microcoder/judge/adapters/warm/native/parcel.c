#include "warm.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
    char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct cmsghdr aligned;
};

void close_all(const int *fds, int count)
{
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

bool send_parcel(int socket, const void *head, size_t head_size, const void *body, size_t body_size, const int *fds,
                 int fd_count)
{
    union control control;
    struct iovec parts[2] = {{(void *)head, head_size}, {(void *)body, body_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = body_size > 0 ? 2 : 1};
    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, (size_t)fd_count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(head_size + body_size);
}

/* False at the connection's end and for what is no whole message. */
bool receive_parcel(int socket, struct parcel *parcel, int flags)
{
    union control control;
    struct iovec part = {parcel->data, parcel->size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t length;
    do
        length = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    parcel->fd_count = 0;
    if (length <= 0)
        return false;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (rights != NULL && rights->cmsg_type == SCM_RIGHTS) {
        parcel->fd_count = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(parcel->fds, CMSG_DATA(rights), (size_t)parcel->fd_count * sizeof(int));
    }
    parcel->size = (size_t)length;
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        close_all(parcel->fds, parcel->fd_count);
        return false;
    }
    return true;
}
