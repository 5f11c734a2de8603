// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of system calls, by number: all that musl's static libc.a can make, each with its
// answer. What has its effect here has a function of its own; what Linux answers without a file
// system, without children, to a user who may not, or without the part of the kernel in question is
// answered so. Those of threads are answered by the thread library and only have their arguments
// taken apart here.
#include "linux_table.h"

#include "barrelfish/linux_threads.h"

#include <errno.h>
#include <sys/syscall.h>

static long call_arch_prctl(const long args[6])
{
    return linux_arch_prctl((int)args[0], (unsigned long)args[1]);
}

static long call_set_tid_address(const long args[6])
{
    return linux_set_tid_address((int *)args[0]);
}

static long call_gettid(const long args[6])
{
    (void)args;
    return linux_gettid();
}

static long call_sched_yield(const long args[6])
{
    (void)args;
    return linux_sched_yield();
}

static long call_clone(const long args[6])
{
    return linux_clone((unsigned long)args[0], (unsigned long)args[1], (int *)args[2],
                       (int *)args[3], (unsigned long)args[4]);
}

static long call_futex(const long args[6])
{
    return linux_futex((uint32_t *)args[0], (int)args[1], (uint32_t)args[2], (const void *)args[3],
                       (uint32_t *)args[4], (uint32_t)args[5]);
}

static long call_exit(const long args[6])
{
    linux_exit_thread((int)args[0]);
}

static long linux_no_call(const long args[6])
{
    (void)args;
    return -ENOSYS;
}

#define OWN(call) [SYS_##call] = linux_##call
#define AS(call, answer) [SYS_##call] = linux_##answer
#define CALL(call) [SYS_##call] = call_##call
#define PATH_FIRST(call) [SYS_##call] = linux_path_first
#define PATH_SECOND(call) [SYS_##call] = linux_path_second
#define NO_SEEK(call) [SYS_##call] = linux_no_seek
#define NO_CHANGE(call) [SYS_##call] = linux_no_change
#define NO_CALL(call) [SYS_##call] = linux_no_call
#define NOT_PERMITTED(call) [SYS_##call] = linux_not_permitted
#define ZERO(call) [SYS_##call] = linux_zero

static const linux_call table[] = {
    // Streams.
    OWN(read), OWN(write), OWN(readv), OWN(writev), OWN(close), OWN(dup), OWN(dup2), OWN(dup3),
    OWN(fcntl), OWN(ioctl), OWN(fstat), OWN(newfstatat), OWN(poll), OWN(ppoll), OWN(select),
    OWN(pselect6),

    // Of an open stream: nothing to do, no place in it, no directory, no such change of a
    // terminal.
    AS(flock, stream), AS(fadvise64, stream), AS(syncfs, stream), ZERO(sync), OWN(umask),
    NO_SEEK(lseek), NO_SEEK(pread64), NO_SEEK(pwrite64), NO_SEEK(preadv), NO_SEEK(pwritev),
    NO_SEEK(preadv2), NO_SEEK(pwritev2), NO_SEEK(fallocate), NO_SEEK(sync_file_range),
    AS(getdents64, no_directory), AS(fchdir, no_directory), NO_CHANGE(fsync), NO_CHANGE(fdatasync),
    NO_CHANGE(ftruncate), NO_CHANGE(fchmod), NO_CHANGE(fchown), NO_CHANGE(readahead),
    NO_CHANGE(sendfile), NO_CHANGE(splice), NO_CHANGE(tee), NO_CHANGE(vmsplice),
    NO_CHANGE(copy_file_range), NO_CALL(fstatfs), NO_CALL(fgetxattr), NO_CALL(fsetxattr),
    NO_CALL(flistxattr), NO_CALL(fremovexattr),

    // By a path, which names nothing.
    PATH_FIRST(open), PATH_FIRST(creat), PATH_FIRST(stat), PATH_FIRST(lstat), PATH_FIRST(access),
    PATH_FIRST(readlink), PATH_FIRST(chdir), PATH_FIRST(truncate), PATH_FIRST(chmod),
    PATH_FIRST(chown), PATH_FIRST(lchown), PATH_FIRST(mkdir), PATH_FIRST(rmdir), PATH_FIRST(unlink),
    PATH_FIRST(rename), PATH_FIRST(link), PATH_SECOND(symlink), PATH_FIRST(mknod),
    PATH_FIRST(utimes), PATH_FIRST(statfs), PATH_FIRST(chroot), PATH_FIRST(getxattr),
    PATH_FIRST(setxattr), PATH_FIRST(listxattr), PATH_FIRST(removexattr), PATH_FIRST(lgetxattr),
    PATH_FIRST(lsetxattr), PATH_FIRST(llistxattr), PATH_FIRST(lremovexattr), PATH_FIRST(execve),
    PATH_SECOND(openat), PATH_SECOND(faccessat), PATH_SECOND(faccessat2), PATH_SECOND(readlinkat),
    PATH_SECOND(fchmodat), PATH_SECOND(fchownat), PATH_SECOND(mkdirat), PATH_SECOND(mknodat),
    PATH_SECOND(unlinkat), PATH_SECOND(renameat), PATH_SECOND(renameat2), PATH_SECOND(linkat),
    AS(symlinkat, path_third), PATH_SECOND(utimensat), PATH_SECOND(futimesat),
    PATH_SECOND(execveat), OWN(getcwd),

    // Memory.
    OWN(mmap), OWN(munmap), OWN(mprotect), OWN(mremap), OWN(madvise), OWN(mincore), OWN(brk),
    AS(msync, mapped), AS(mlock, mapped), AS(mlock2, mapped), AS(munlock, mapped), ZERO(mlockall),
    ZERO(munlockall), OWN(membarrier),

    // Time. There is no calendar to be set.
    OWN(clock_gettime), OWN(clock_getres), OWN(clock_settime), OWN(gettimeofday),
    NOT_PERMITTED(settimeofday), NOT_PERMITTED(adjtimex), NOT_PERMITTED(clock_adjtime),
    OWN(nanosleep), OWN(clock_nanosleep), OWN(times), OWN(getrusage), OWN(setitimer),
    OWN(getitimer),

    // Threads.
    CALL(arch_prctl), CALL(set_tid_address), CALL(gettid), CALL(clone), CALL(futex), CALL(exit),
    OWN(set_robust_list), OWN(get_robust_list),

    // Processors and priorities.
    CALL(sched_yield), OWN(sched_getaffinity), OWN(sched_setaffinity), OWN(sched_getparam),
    OWN(sched_setparam), ZERO(sched_getscheduler), OWN(sched_setscheduler),
    AS(sched_get_priority_max, sched_priority), AS(sched_get_priority_min, sched_priority),
    OWN(sched_rr_get_interval), OWN(getpriority), OWN(setpriority), OWN(getcpu),

    // Signals. What would queue them, or give them a stack or a file, is not there.
    OWN(rt_sigaction), OWN(rt_sigprocmask), OWN(rt_sigpending), OWN(rt_sigsuspend),
    OWN(rt_sigtimedwait), OWN(pause), OWN(kill), OWN(tkill), OWN(tgkill), NO_CALL(rt_sigreturn),
    NO_CALL(rt_sigqueueinfo), NO_CALL(sigaltstack), NO_CALL(signalfd), NO_CALL(signalfd4),
    NO_CALL(timer_create), NO_CALL(timer_settime), NO_CALL(timer_gettime),
    NO_CALL(timer_getoverrun), NO_CALL(timer_delete),

    // The process, its user 0, its group and session; it has no children.
    OWN(getpid), ZERO(getppid), OWN(exit_group), AS(wait4, no_child), AS(waitid, no_child),
    ZERO(getuid), ZERO(geteuid), ZERO(getgid), ZERO(getegid), AS(setuid, set_one_id),
    AS(setgid, set_one_id), ZERO(setfsuid), ZERO(setfsgid), AS(setreuid, set_two_ids),
    AS(setregid, set_two_ids), AS(setresuid, set_three_ids), AS(setresgid, set_three_ids),
    AS(getresuid, get_three_ids), AS(getresgid, get_three_ids), ZERO(getgroups),
    NOT_PERMITTED(setgroups), AS(getpgid, get_group), AS(getsid, get_group), NOT_PERMITTED(setpgid),
    NOT_PERMITTED(setsid), OWN(prlimit64), OWN(getrlimit), OWN(setrlimit),

    // The system as a whole.
    OWN(uname), OWN(sysinfo), OWN(getrandom), NOT_PERMITTED(syslog), NOT_PERMITTED(acct),
    NOT_PERMITTED(reboot), NOT_PERMITTED(sethostname), NOT_PERMITTED(setdomainname),
    NOT_PERMITTED(iopl), NOT_PERMITTED(ioperm), NOT_PERMITTED(init_module),
    NOT_PERMITTED(delete_module), NOT_PERMITTED(mount), NOT_PERMITTED(umount2),
    NOT_PERMITTED(pivot_root), NOT_PERMITTED(swapon), NOT_PERMITTED(swapoff),
    NOT_PERMITTED(vhangup), NOT_PERMITTED(quotactl),

    // Whole parts of Linux that are not there, as in a kernel that was built without them:
    // processes, pipes, sockets, message queues, shared memory of other processes, and files of
    // other kinds.
    NO_CALL(fork), NO_CALL(vfork), NO_CALL(unshare), NO_CALL(setns), NO_CALL(ptrace),
    NO_CALL(process_vm_readv), NO_CALL(process_vm_writev), NO_CALL(prctl), NO_CALL(personality),
    NO_CALL(capget), NO_CALL(capset), NO_CALL(remap_file_pages), NO_CALL(memfd_create),
    NO_CALL(pipe), NO_CALL(pipe2), NO_CALL(socket), NO_CALL(socketpair), NO_CALL(bind),
    NO_CALL(listen), NO_CALL(accept), NO_CALL(accept4), NO_CALL(connect), NO_CALL(shutdown),
    NO_CALL(getsockname), NO_CALL(getpeername), NO_CALL(setsockopt), NO_CALL(getsockopt),
    NO_CALL(sendto), NO_CALL(recvfrom), NO_CALL(sendmsg), NO_CALL(recvmsg), NO_CALL(sendmmsg),
    NO_CALL(recvmmsg), NO_CALL(shmget), NO_CALL(shmat), NO_CALL(shmdt), NO_CALL(shmctl),
    NO_CALL(semget), NO_CALL(semop), NO_CALL(semctl), NO_CALL(semtimedop), NO_CALL(msgget),
    NO_CALL(msgsnd), NO_CALL(msgrcv), NO_CALL(msgctl), NO_CALL(mq_open), NO_CALL(mq_unlink),
    NO_CALL(mq_timedsend), NO_CALL(mq_timedreceive), NO_CALL(mq_notify), NO_CALL(mq_getsetattr),
    NO_CALL(epoll_create), NO_CALL(epoll_create1), NO_CALL(epoll_ctl), NO_CALL(epoll_wait),
    NO_CALL(epoll_pwait), NO_CALL(eventfd), NO_CALL(eventfd2), NO_CALL(timerfd_create),
    NO_CALL(timerfd_settime), NO_CALL(timerfd_gettime), NO_CALL(inotify_init),
    NO_CALL(inotify_init1), NO_CALL(inotify_add_watch), NO_CALL(inotify_rm_watch),
    NO_CALL(fanotify_init), NO_CALL(fanotify_mark), NO_CALL(name_to_handle_at),
    NO_CALL(open_by_handle_at), NO_CALL(statx)};

linux_call linux_call_of(long nr)
{
    size_t count = sizeof(table) / sizeof(table[0]);
    return (unsigned long)nr < count && table[nr] != NULL ? table[nr] : linux_no_call;
}
