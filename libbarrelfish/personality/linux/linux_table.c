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

static const linux_call table[] = {
    // Streams.
    [SYS_read] = linux_read,
    [SYS_write] = linux_write,
    [SYS_readv] = linux_readv,
    [SYS_writev] = linux_writev,
    [SYS_close] = linux_close,
    [SYS_dup] = linux_dup,
    [SYS_dup2] = linux_dup2,
    [SYS_dup3] = linux_dup3,
    [SYS_fcntl] = linux_fcntl,
    [SYS_ioctl] = linux_ioctl,
    [SYS_fstat] = linux_fstat,
    [SYS_newfstatat] = linux_newfstatat,
    [SYS_poll] = linux_poll,
    [SYS_ppoll] = linux_ppoll,
    [SYS_select] = linux_select,
    [SYS_pselect6] = linux_pselect6,

    // Of an open stream: nothing to do, no place in it, no directory, no such change of a
    // terminal.
    [SYS_flock] = linux_stream,
    [SYS_fadvise64] = linux_stream,
    [SYS_syncfs] = linux_stream,
    [SYS_sync] = linux_zero,
    [SYS_umask] = linux_umask,
    [SYS_lseek] = linux_no_seek,
    [SYS_pread64] = linux_no_seek,
    [SYS_pwrite64] = linux_no_seek,
    [SYS_preadv] = linux_no_seek,
    [SYS_pwritev] = linux_no_seek,
    [SYS_preadv2] = linux_no_seek,
    [SYS_pwritev2] = linux_no_seek,
    [SYS_fallocate] = linux_no_seek,
    [SYS_sync_file_range] = linux_no_seek,
    [SYS_getdents64] = linux_no_directory,
    [SYS_fchdir] = linux_no_directory,
    [SYS_fsync] = linux_no_change,
    [SYS_fdatasync] = linux_no_change,
    [SYS_ftruncate] = linux_no_change,
    [SYS_fchmod] = linux_no_change,
    [SYS_fchown] = linux_no_change,
    [SYS_readahead] = linux_no_change,
    [SYS_sendfile] = linux_no_change,
    [SYS_splice] = linux_no_change,
    [SYS_tee] = linux_no_change,
    [SYS_vmsplice] = linux_no_change,
    [SYS_copy_file_range] = linux_no_change,
    [SYS_fstatfs] = linux_no_call,
    [SYS_fgetxattr] = linux_no_call,
    [SYS_fsetxattr] = linux_no_call,
    [SYS_flistxattr] = linux_no_call,
    [SYS_fremovexattr] = linux_no_call,

    // By a path, which names nothing.
    [SYS_open] = linux_path_first,
    [SYS_creat] = linux_path_first,
    [SYS_stat] = linux_path_first,
    [SYS_lstat] = linux_path_first,
    [SYS_access] = linux_path_first,
    [SYS_readlink] = linux_path_first,
    [SYS_chdir] = linux_path_first,
    [SYS_truncate] = linux_path_first,
    [SYS_chmod] = linux_path_first,
    [SYS_chown] = linux_path_first,
    [SYS_lchown] = linux_path_first,
    [SYS_mkdir] = linux_path_first,
    [SYS_rmdir] = linux_path_first,
    [SYS_unlink] = linux_path_first,
    [SYS_rename] = linux_path_first,
    [SYS_link] = linux_path_first,
    [SYS_symlink] = linux_path_second,
    [SYS_mknod] = linux_path_first,
    [SYS_utimes] = linux_path_first,
    [SYS_statfs] = linux_path_first,
    [SYS_chroot] = linux_path_first,
    [SYS_getxattr] = linux_path_first,
    [SYS_setxattr] = linux_path_first,
    [SYS_listxattr] = linux_path_first,
    [SYS_removexattr] = linux_path_first,
    [SYS_lgetxattr] = linux_path_first,
    [SYS_lsetxattr] = linux_path_first,
    [SYS_llistxattr] = linux_path_first,
    [SYS_lremovexattr] = linux_path_first,
    [SYS_execve] = linux_path_first,
    [SYS_openat] = linux_path_second,
    [SYS_faccessat] = linux_path_second,
    [SYS_faccessat2] = linux_path_second,
    [SYS_readlinkat] = linux_path_second,
    [SYS_fchmodat] = linux_path_second,
    [SYS_fchownat] = linux_path_second,
    [SYS_mkdirat] = linux_path_second,
    [SYS_mknodat] = linux_path_second,
    [SYS_unlinkat] = linux_path_second,
    [SYS_renameat] = linux_path_second,
    [SYS_renameat2] = linux_path_second,
    [SYS_linkat] = linux_path_second,
    [SYS_symlinkat] = linux_path_third,
    [SYS_utimensat] = linux_path_second,
    [SYS_futimesat] = linux_path_second,
    [SYS_execveat] = linux_path_second,
    [SYS_getcwd] = linux_getcwd,

    // Memory.
    [SYS_mmap] = linux_mmap,
    [SYS_munmap] = linux_munmap,
    [SYS_mprotect] = linux_mprotect,
    [SYS_mremap] = linux_mremap,
    [SYS_madvise] = linux_madvise,
    [SYS_mincore] = linux_mincore,
    [SYS_brk] = linux_brk,
    [SYS_msync] = linux_mapped,
    [SYS_mlock] = linux_mapped,
    [SYS_mlock2] = linux_mapped,
    [SYS_munlock] = linux_mapped,
    [SYS_mlockall] = linux_zero,
    [SYS_munlockall] = linux_zero,
    [SYS_membarrier] = linux_membarrier,

    // Time. There is no calendar to be set.
    [SYS_clock_gettime] = linux_clock_gettime,
    [SYS_clock_getres] = linux_clock_getres,
    [SYS_clock_settime] = linux_clock_settime,
    [SYS_gettimeofday] = linux_gettimeofday,
    [SYS_settimeofday] = linux_not_permitted,
    [SYS_adjtimex] = linux_not_permitted,
    [SYS_clock_adjtime] = linux_not_permitted,
    [SYS_nanosleep] = linux_nanosleep,
    [SYS_clock_nanosleep] = linux_clock_nanosleep,
    [SYS_times] = linux_times,
    [SYS_getrusage] = linux_getrusage,
    [SYS_setitimer] = linux_setitimer,
    [SYS_getitimer] = linux_getitimer,

    // Threads.
    [SYS_arch_prctl] = call_arch_prctl,
    [SYS_set_tid_address] = call_set_tid_address,
    [SYS_gettid] = call_gettid,
    [SYS_clone] = call_clone,
    [SYS_futex] = call_futex,
    [SYS_exit] = call_exit,
    [SYS_set_robust_list] = linux_set_robust_list,
    [SYS_get_robust_list] = linux_get_robust_list,

    // Processors and priorities.
    [SYS_sched_yield] = call_sched_yield,
    [SYS_sched_getaffinity] = linux_sched_getaffinity,
    [SYS_sched_setaffinity] = linux_sched_setaffinity,
    [SYS_sched_getparam] = linux_sched_getparam,
    [SYS_sched_setparam] = linux_sched_setparam,
    [SYS_sched_getscheduler] = linux_zero,
    [SYS_sched_setscheduler] = linux_sched_setscheduler,
    [SYS_sched_get_priority_max] = linux_sched_priority,
    [SYS_sched_get_priority_min] = linux_sched_priority,
    [SYS_sched_rr_get_interval] = linux_sched_rr_get_interval,
    [SYS_getpriority] = linux_getpriority,
    [SYS_setpriority] = linux_setpriority,
    [SYS_getcpu] = linux_getcpu,

    // Signals. What would queue them, or give them a stack or a file, is not there.
    [SYS_rt_sigaction] = linux_rt_sigaction,
    [SYS_rt_sigprocmask] = linux_rt_sigprocmask,
    [SYS_rt_sigpending] = linux_rt_sigpending,
    [SYS_rt_sigsuspend] = linux_rt_sigsuspend,
    [SYS_rt_sigtimedwait] = linux_rt_sigtimedwait,
    [SYS_pause] = linux_pause,
    [SYS_kill] = linux_kill,
    [SYS_tkill] = linux_tkill,
    [SYS_tgkill] = linux_tgkill,
    [SYS_rt_sigreturn] = linux_no_call,
    [SYS_rt_sigqueueinfo] = linux_no_call,
    [SYS_sigaltstack] = linux_no_call,
    [SYS_signalfd] = linux_no_call,
    [SYS_signalfd4] = linux_no_call,
    [SYS_timer_create] = linux_no_call,
    [SYS_timer_settime] = linux_no_call,
    [SYS_timer_gettime] = linux_no_call,
    [SYS_timer_getoverrun] = linux_no_call,
    [SYS_timer_delete] = linux_no_call,

    // The process, its user 0, its group and session; it has no children.
    [SYS_getpid] = linux_getpid,
    [SYS_getppid] = linux_zero,
    [SYS_exit_group] = linux_exit_group,
    [SYS_wait4] = linux_no_child,
    [SYS_waitid] = linux_no_child,
    [SYS_getuid] = linux_zero,
    [SYS_geteuid] = linux_zero,
    [SYS_getgid] = linux_zero,
    [SYS_getegid] = linux_zero,
    [SYS_setuid] = linux_set_one_id,
    [SYS_setgid] = linux_set_one_id,
    [SYS_setfsuid] = linux_zero,
    [SYS_setfsgid] = linux_zero,
    [SYS_setreuid] = linux_set_two_ids,
    [SYS_setregid] = linux_set_two_ids,
    [SYS_setresuid] = linux_set_three_ids,
    [SYS_setresgid] = linux_set_three_ids,
    [SYS_getresuid] = linux_get_three_ids,
    [SYS_getresgid] = linux_get_three_ids,
    [SYS_getgroups] = linux_zero,
    [SYS_setgroups] = linux_not_permitted,
    [SYS_getpgid] = linux_get_group,
    [SYS_getsid] = linux_get_group,
    [SYS_setpgid] = linux_not_permitted,
    [SYS_setsid] = linux_not_permitted,
    [SYS_prlimit64] = linux_prlimit64,
    [SYS_getrlimit] = linux_getrlimit,
    [SYS_setrlimit] = linux_setrlimit,

    // The system as a whole.
    [SYS_uname] = linux_uname,
    [SYS_sysinfo] = linux_sysinfo,
    [SYS_getrandom] = linux_getrandom,
    [SYS_syslog] = linux_not_permitted,
    [SYS_acct] = linux_not_permitted,
    [SYS_reboot] = linux_not_permitted,
    [SYS_sethostname] = linux_not_permitted,
    [SYS_setdomainname] = linux_not_permitted,
    [SYS_iopl] = linux_not_permitted,
    [SYS_ioperm] = linux_not_permitted,
    [SYS_init_module] = linux_not_permitted,
    [SYS_delete_module] = linux_not_permitted,
    [SYS_mount] = linux_not_permitted,
    [SYS_umount2] = linux_not_permitted,
    [SYS_pivot_root] = linux_not_permitted,
    [SYS_swapon] = linux_not_permitted,
    [SYS_swapoff] = linux_not_permitted,
    [SYS_vhangup] = linux_not_permitted,
    [SYS_quotactl] = linux_not_permitted,

    // Whole parts of Linux that are not there, as in a kernel that was built without them:
    // processes, pipes, sockets, message queues, shared memory of other processes, and files of
    // other kinds.
    [SYS_fork] = linux_no_call,
    [SYS_vfork] = linux_no_call,
    [SYS_unshare] = linux_no_call,
    [SYS_setns] = linux_no_call,
    [SYS_ptrace] = linux_no_call,
    [SYS_process_vm_readv] = linux_no_call,
    [SYS_process_vm_writev] = linux_no_call,
    [SYS_prctl] = linux_no_call,
    [SYS_personality] = linux_no_call,
    [SYS_capget] = linux_no_call,
    [SYS_capset] = linux_no_call,
    [SYS_remap_file_pages] = linux_no_call,
    [SYS_memfd_create] = linux_no_call,
    [SYS_pipe] = linux_no_call,
    [SYS_pipe2] = linux_no_call,
    [SYS_socket] = linux_no_call,
    [SYS_socketpair] = linux_no_call,
    [SYS_bind] = linux_no_call,
    [SYS_listen] = linux_no_call,
    [SYS_accept] = linux_no_call,
    [SYS_accept4] = linux_no_call,
    [SYS_connect] = linux_no_call,
    [SYS_shutdown] = linux_no_call,
    [SYS_getsockname] = linux_no_call,
    [SYS_getpeername] = linux_no_call,
    [SYS_setsockopt] = linux_no_call,
    [SYS_getsockopt] = linux_no_call,
    [SYS_sendto] = linux_no_call,
    [SYS_recvfrom] = linux_no_call,
    [SYS_sendmsg] = linux_no_call,
    [SYS_recvmsg] = linux_no_call,
    [SYS_sendmmsg] = linux_no_call,
    [SYS_recvmmsg] = linux_no_call,
    [SYS_shmget] = linux_no_call,
    [SYS_shmat] = linux_no_call,
    [SYS_shmdt] = linux_no_call,
    [SYS_shmctl] = linux_no_call,
    [SYS_semget] = linux_no_call,
    [SYS_semop] = linux_no_call,
    [SYS_semctl] = linux_no_call,
    [SYS_semtimedop] = linux_no_call,
    [SYS_msgget] = linux_no_call,
    [SYS_msgsnd] = linux_no_call,
    [SYS_msgrcv] = linux_no_call,
    [SYS_msgctl] = linux_no_call,
    [SYS_mq_open] = linux_no_call,
    [SYS_mq_unlink] = linux_no_call,
    [SYS_mq_timedsend] = linux_no_call,
    [SYS_mq_timedreceive] = linux_no_call,
    [SYS_mq_notify] = linux_no_call,
    [SYS_mq_getsetattr] = linux_no_call,
    [SYS_epoll_create] = linux_no_call,
    [SYS_epoll_create1] = linux_no_call,
    [SYS_epoll_ctl] = linux_no_call,
    [SYS_epoll_wait] = linux_no_call,
    [SYS_epoll_pwait] = linux_no_call,
    [SYS_eventfd] = linux_no_call,
    [SYS_eventfd2] = linux_no_call,
    [SYS_timerfd_create] = linux_no_call,
    [SYS_timerfd_settime] = linux_no_call,
    [SYS_timerfd_gettime] = linux_no_call,
    [SYS_inotify_init] = linux_no_call,
    [SYS_inotify_init1] = linux_no_call,
    [SYS_inotify_add_watch] = linux_no_call,
    [SYS_inotify_rm_watch] = linux_no_call,
    [SYS_fanotify_init] = linux_no_call,
    [SYS_fanotify_mark] = linux_no_call,
    [SYS_name_to_handle_at] = linux_no_call,
    [SYS_open_by_handle_at] = linux_no_call,
    [SYS_statx] = linux_no_call,
};

linux_call linux_call_of(long nr)
{
    size_t count = sizeof(table) / sizeof(table[0]);
    return (unsigned long)nr < count && table[nr] != NULL ? table[nr] : linux_no_call;
}
