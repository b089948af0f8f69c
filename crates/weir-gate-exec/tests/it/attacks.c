// One attack per word; prints what came of it, one line each. Run under the guard only.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long result) {
    printf("%s %s\n", what, result == -1 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
}

static char shared[4096];
static const char *one, *other;
static volatile int over;

static void *swapper(void *unused) {
    while (!over) {
        strcpy(shared, one);
        strcpy(shared, other);
    }
    return 0;
}

// Tries to have a harmless path looked at and another one changed.
static void race(const char *how, const char *decoy, const char *victim, int tries) {
    pthread_t thread;
    one = decoy;
    other = victim;
    strcpy(shared, decoy);
    pthread_create(&thread, 0, swapper, 0);
    for (int i = 0; i < tries; i++) {
        if (!strcmp(how, "unlink")) {
            unlink(shared);
        } else if (!strcmp(how, "truncate")) {
            truncate(shared, 0);
        } else if (!strcmp(how, "chmod")) {
            chmod(shared, 0);
        } else {
            int fd = open(shared, O_WRONLY | O_TRUNC);
            if (fd >= 0) close(fd);
        }
    }
    over = 1;
    pthread_join(thread, 0);
    say("race", 0);
}

static void send_fd(int socket, int fd) {
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    sendmsg(socket, &message, 0);
}

static int receive_fd(int socket) {
    int fd;
    char byte, control[CMSG_SPACE(sizeof fd)];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(socket, &message, 0);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static int nothing(void *unused) { return 0; }
static void ignore(int signal) {}

int main(int count, char **words) {
    char *what = words[1], *a = words[2], *b = words[3], *c = words[4];
    char stack[65536];
    if (!strcmp(what, "race")) {
        race(a, b, c, atoi(words[5]));
    } else if (!strcmp(what, "unlink")) {
        say("unlink", unlink(a));
    } else if (!strcmp(what, "raw")) {
        say("raw", syscall(SYS_unlinkat, AT_FDCWD, a, 0));
    } else if (!strcmp(what, "uring")) {
        char params[256] = {0};
        say("setup", syscall(SYS_io_uring_setup, 8, params));
        say("enter", syscall(SYS_io_uring_enter, 3, 1, 0, 0, 0, 0));
    } else if (!strcmp(what, "openat2")) {
        unsigned long how[3] = {O_WRONLY | O_TRUNC, 0, 0};
        say("openat2", syscall(437, AT_FDCWD, a, how, sizeof how));
#ifdef __x86_64__
    } else if (!strcmp(what, "int80")) {
        char *low = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        strcpy(low, a);
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(10L), "b"(low) : "memory", "r8", "r9", "r10", "r11");
        printf("int80 %ld\n", result);
    } else if (!strcmp(what, "x32")) {
        say("x32", syscall(0x40000000 + 87, a));
#endif
    } else if (!strcmp(what, "namespaces")) {
        say("unshare-mount", unshare(CLONE_NEWNS));
        say("unshare-user", unshare(CLONE_NEWUSER | CLONE_NEWNS));
        say("clone", clone(nothing, stack + sizeof stack, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0));
        say("clone3", syscall(435, 0, 0));
        say("bind", mount(a, b, 0, MS_BIND, 0));
        say("chroot", chroot(a));
        say("setns", setns(open("/proc/self/ns/mnt", O_RDONLY), CLONE_NEWNS));
        say("open-tree", syscall(428, AT_FDCWD, a, 1));
        say("handle", syscall(SYS_open_by_handle_at, AT_FDCWD, 0, 0));
    } else if (!strcmp(what, "occupied")) {
        // A supervisor of somebody else's: it lets everything through, and the kernel takes no second one.
        struct { unsigned short code; unsigned char t, f; unsigned k; } allow = {6, 0, 0, 0x7fff0000};
        struct { unsigned short length; void *filter; } program = {1, &allow};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int fd = syscall(SYS_seccomp, 1, 8, &program);
        fcntl(fd, F_SETFD, 0);
        execv(words[2], words + 2);
        say("occupied", -1);
    } else if (!strcmp(what, "listener")) {
        struct { unsigned short code; unsigned char t, f; unsigned k; } allow = {6, 0, 0, 0x7fff0000};
        struct { unsigned short length; void *filter; } program = {1, &allow};
        say("listener", syscall(SYS_seccomp, 1, 8, &program));
    } else if (!strcmp(what, "supervisor")) {
        int parent = getppid();
        say("kill", kill(parent, SIGKILL));
        say("tgkill", syscall(SYS_tgkill, parent, parent, SIGKILL));
        say("tkill", syscall(SYS_tkill, parent, SIGKILL));
        int fd = syscall(SYS_pidfd_open, parent, 0);
        say("pidfd", syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0));
        say("getfd", syscall(438, fd, 0, 0));
        say("group", kill(0, SIGKILL));
        say("group-abort", kill(0, SIGABRT));
        say("group-alarm", kill(0, SIGALRM));
        char proc[64];
        snprintf(proc, sizeof proc, "/proc/%d", parent);
        say("proc-directory", syscall(SYS_pidfd_send_signal, open(proc, O_RDONLY | O_DIRECTORY), SIGKILL, 0, 0));
        say("pidfd-group", syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, getpid(), 0), SIGKILL, 0, 4));
        int attributes = 0, reader = open(a, O_RDONLY);
        say("attributes", ioctl(reader, 0x40086602, &attributes));
        say("all", kill(-1, SIGKILL));
        struct rlimit none = {0, 0};
        say("limit", prlimit(parent, RLIMIT_CPU, &none, 0));
        say("ptrace", ptrace(PTRACE_ATTACH, parent, 0, 0));
        struct iovec here = {stack, 1}, there = {stack, 1};
        say("write-memory", process_vm_writev(parent, &here, 1, &there, 1, 0));
        char path[64];
        sprintf(path, "/proc/%d/mem", parent);
        say("memory", open(path, O_RDWR));
        sprintf(path, "/proc/%d/fd/1", parent);
        say("descriptor", open(path, O_WRONLY));
        int pipes[2];
        pipe(pipes);
        fcntl(pipes[0], F_SETOWN, parent);
        say("signal-of-input", fcntl(pipes[0], F_SETSIG, SIGKILL));
        fcntl(pipes[0], F_SETFL, O_ASYNC);
        write(pipes[1], "x", 1);
        say("terminal", ioctl(0, TIOCSTI, "x"));
        say("still", unlink(a));
    } else if (!strcmp(what, "pass")) {
        int sockets[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
        if (!fork()) {
            int fd = receive_fd(sockets[1]);
            say("cut", ftruncate(fd, 0));
            _exit(0);
        }
        send_fd(sockets[0], open(a, O_RDWR));
        wait(0);
    } else if (!strcmp(what, "map")) {
        int fd = open(a, O_RDWR);
        char *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        memset(memory, 'X', 4);
        say("map", msync(memory, 4096, MS_SYNC));
    } else if (!strcmp(what, "punch")) {
        int fd = open(a, O_WRONLY);
        say("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4));
    } else if (!strcmp(what, "hide")) {
        say("hide", prctl(PR_SET_DUMPABLE, 0));
        say("unlink", unlink(a));
    } else if (!strcmp(what, "link")) {
        say("link", link(a, b));
        say("linkat", linkat(AT_FDCWD, a, AT_FDCWD, b, AT_SYMLINK_FOLLOW));
    } else if (!strcmp(what, "exchange")) {
        say("exchange", renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
        say("noreplace", renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE));
    } else if (!strcmp(what, "storm")) {
        // A program that sends itself signals all the time: every call must be done once and only once.
        struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
        sigaction(SIGALRM, &action, 0);
        struct itimerval often = {{0, 150}, {0, 150}};
        setitimer(ITIMER_REAL, &often, 0);
        int failed = 0;
        for (int i = 0; i < atoi(b); i++) {
            char path[4096];
            sprintf(path, "%s/%d", a, i);
            if (unlink(path)) failed++;
        }
        struct itimerval never = {{0, 0}, {0, 0}};
        setitimer(ITIMER_REAL, &never, 0);
        printf("storm %d failed\n", failed);
    } else if (!strcmp(what, "connect")) {
        struct sockaddr_un address = {AF_UNIX};
        strcpy(address.sun_path, a);
        say("connect", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
        say("nonblocking", connect(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), (void *)&address, sizeof address));
    } else if (!strcmp(what, "device")) {
        say("device", mknod(a, S_IFBLK | 0600, 0x0801));
        say("pipe", mknod(b, S_IFIFO | 0600, 0));
    } else if (!strcmp(what, "become")) {
        setresuid(65534, 65534, 65534);
        say("become", unlink(a));
    } else if (!strcmp(what, "faults")) {
        say("null", unlink(0));
        say("wild", unlink((char *)0x10));
        say("empty", unlink(""));
        memset(stack, 'a', 5000);
        stack[5000] = 0;
        say("long", unlink(stack));
        say("descriptor", unlinkat(999, "x", 0));
        say("flags", unlinkat(AT_FDCWD, "x", 0x4000));
        say("rename-flags", renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 0x80));
        say("dot", rmdir("."));
        say("root", rmdir("/"));
    }
    return 0;
}
