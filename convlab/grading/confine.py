"""The first thing that runs in a worker's process: it gives up every right that a learner's code must not have.

Started as `python -I -S confine.py PLAN`, with nothing imported but the standard library. PLAN is JSON, made by
`convlab.grading.sandbox`. With bubblewrap the walls already stand, and what is left are limits and the user; without it
this builds them: namespaces of its own, a root folder that holds nothing but Python and the allowed packages, and
Landlock on top.
"""

import contextlib
import ctypes
import json
import os
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 38, 24
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 442, -100, 0x8000, 1, 2, 4
MNT_DETACH = 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
CAPABILITIES = 64


def libc():
    return ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """A function of the C library; OSError if it fails."""
    function = getattr(libc(), name)
    function.restype = ctypes.c_long
    result = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


# Walls ----------------------------------------------------------------------------------------------------------------


def own_namespaces(root):
    """Leave the machine's users, processes, network, mounts and shared memory. `root` is an empty folder."""
    uid, gid, privileged = os.getuid(), os.getgid(), os.getuid() == 0
    flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
    call("unshare", flags if privileged else flags | CLONE_NEWUSER)
    if not privileged:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"{uid} {uid} 1")
        write("/proc/self/gid_map", f"{gid} {gid} 1")
    child = os.fork()
    if child:
        call("prctl", PR_SET_PDEATHSIG, 9, 0, 0, 0)
        for descriptor in (0, 1):
            os.close(descriptor)
        _, status = os.waitpid(child, 0)
        os._exit(min(255, abs(os.waitstatus_to_exitcode(status))))
    call("prctl", PR_SET_PDEATHSIG, 9, 0, 0, 0)


def own_root(plan):
    """Move into a root folder that holds only what the plan shows, read-only, and an empty folder to work in."""
    root = plan["root"]
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for target, link in plan["links"]:
        os.makedirs(os.path.dirname(root + link), exist_ok=True)
        os.symlink(target, root + link)
    for path in plan["visible"]:
        show(path, root)
    for path in plan["hidden"]:
        mount("tmpfs", root + path, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4k,mode=755")
    for path in plan["packages"]:
        show(path, root)
    for path in plan["masked"]:
        mount("tmpfs", root + path, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4k,mode=755")
    for name in ("null", "zero", "full", "random", "urandom"):
        show(f"/dev/{name}", root, devices=True)
    for folder in ("/dev/shm", plan["box"]):
        os.makedirs(root + folder, exist_ok=True)
        mount("tmpfs", root + folder, "tmpfs", MS_NOSUID | MS_NODEV, f"size={plan['disk_bytes']},mode=1777")
    os.makedirs(root + "/old")
    os.chdir(root)
    call("pivot_root", b".", b"old")
    os.chdir("/")
    call("umount2", b"/old", MNT_DETACH)
    os.rmdir("/old")
    read_only("/")


def show(path, root, devices=False):
    """Bind a file or folder to its own place under `root`, read-only."""
    target = root + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "a").close()
    mount(path, target, None, MS_BIND | MS_REC)
    if not devices:
        read_only(target, recursive=True)


def read_only(path, recursive=False):
    """Take away writing, set-uid programs and devices from a mount, and from those below it."""
    attributes = (ctypes.c_uint64 * 4)(ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    call("syscall", MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, ctypes.byref(attributes), 32)


def mount(source, target, kind, flags, data=None):
    encode = lambda text: None if text is None else text.encode()
    try:
        call("mount", encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data))
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({target})") from None


def landlock(writable):
    """From here on: read anywhere (of what can be seen), write only in these folders, no TCP."""
    attributes = (ctypes.c_uint64 * 3)()
    version = call("syscall", LANDLOCK_CREATE, None, 0, 1)
    files = (1 << (13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16)) - 1
    attributes[0], attributes[1], attributes[2] = files, 3 if version >= 4 else 0, 3 if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = call("syscall", LANDLOCK_CREATE, ctypes.byref(attributes), size, 0)
    read = 1 | 4 | 8  # execute, read a file, read a folder
    of_files = 1 | 2 | 4 | ((1 << 14) if version >= 3 else 0) | ((1 << 15) if version >= 5 else 0)
    for path, access in [("/", read), ("/dev/null", of_files & files)] + [(path, files) for path in writable]:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = (ctypes.c_uint8 * 12)()
        ctypes.memmove(rule, (access & files).to_bytes(8, "little") + descriptor.to_bytes(4, "little"), 12)
        call("syscall", LANDLOCK_ADD, ruleset, 1, ctypes.byref(rule), 0)
        os.close(descriptor)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call("syscall", LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


# Limits and the user --------------------------------------------------------------------------------------------------


def limit(limits):
    """Memory, processor time, processes, files. What the system does not know is passed over."""
    try:
        import resource
    except ImportError:
        return
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        _, hard = resource.getrlimit(number)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(number, (value, value))
        except (ValueError, OSError):  # macOS knows some of them by name only
            continue


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def become(uid):
    """Give up root: become this user, or, with uid None, keep the name and lose the powers."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        elif sys.platform == "linux":
            for capability in range(CAPABILITIES):
                libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
            drop_capabilities()
    elif sys.platform == "linux":
        drop_capabilities()
    if sys.platform == "linux":
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        call("prctl", PR_SET_PDEATHSIG, 9, 0, 0, 0)  # a change of user has taken it off


def drop_capabilities():
    """Those in a user namespace of its own as well."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def go_first():
    """When memory runs out, the system shall end this process and not the grader."""
    with contextlib.suppress(OSError):  # no such file: another system, or bubblewrap, before which this is done
        write("/proc/self/oom_score_adj", "1000")


def main():
    plan = json.loads(sys.argv[1])
    go_first()
    if plan["tier"] == "unshare":
        own_namespaces(plan["root"])
        own_root(plan)
    os.chdir(plan["box"])
    if plan["tier"] == "unshare":
        landlock([plan["box"], "/dev/shm"])
    limit(plan["limits"])
    become(plan["uid"])
    sys.path.insert(0, plan["site"])
    from convlab.grading import worker

    worker.main(tuple(plan["preload"]))


if __name__ == "__main__":
    main()
