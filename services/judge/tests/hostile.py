# ruff: noqa: E501 - one program a line
"""Hostile programs as data: each tries to be accepted, to keep something, to reach out or to hurt the judge.

Those that reach out print a line for each thing that they got; all others are tested against `ANSWER`, which they cannot
know.
"""

from dataclasses import dataclass

from microcoder.core.verdict import Verdict
from microcoder.judge.domain.engine import Tier

ANSWER = "314159265358979"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A program that must not be accepted, and what may be said of it."""

    group: str
    name: str
    code: str
    verdicts: frozenset[Verdict]
    answer: str = ANSWER
    """What the test expects."""
    quick: bool = False
    """Also run in the weaker tiers of every test run."""

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"


_FAILS = frozenset({Verdict.WA, Verdict.RE, Verdict.TLE, Verdict.ITL, Verdict.MLE, Verdict.OLE, Verdict.SV, Verdict.CE})
_WRONG = frozenset({Verdict.WA})


def _hostile(
    group: str, name: str, code: str, verdicts: frozenset[Verdict] = _FAILS, *, quick: bool = False
) -> Hostile:
    return Hostile(group=group, name=name, code=code, verdicts=verdicts, quick=quick)


# In two halves, so that neither the source nor a folded constant counts as a find.
_SEARCH = f"""
half, rest = "{ANSWER[:8]}", "{ANSWER[8:]}"
def has(text):
    h, r = (half, rest) if isinstance(text, str) else (half.encode(), rest.encode())
    at = text.find(h)
    while at >= 0:
        if text[at + len(h) : at + len(h) + len(r)] == r: return True
        at = text.find(h, at + 1)
    return False
def report():
    print(half, rest, sep="", flush=True); raise SystemExit
"""
IN_REACH = f"""
import sys, types
class Kept:
    texts = ["", "{ANSWER}"]
module = sys.modules["kept"] = types.ModuleType("kept")
module.answer = Kept.texts[1]
"""
"""In front of a search of the process itself it makes the answer findable: proves that the search works."""

IN_THE_PROCESS = tuple(
    _hostile("looks for the answer", name, _SEARCH + code, quick=name == "in memory")
    for name, code in {
        "in frames": """
import sys
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        if has(repr(vars(value)) if isinstance(value, type) else repr(value)): report()
    frame = frame.f_back
""",
        "in objects": """
import gc
for o in gc.get_objects():
    try: text = repr(o)
    except Exception: continue
    if has(text): report()
""",
        "in modules": """
import sys
for module in list(sys.modules.values()):
    for value in list(vars(module).values()):
        if isinstance(value, (str, bytes, list, dict)) and has(repr(value)): report()
""",
        "in memory": """
for line in open("/proc/self/maps"):
    span, kind, *_ = line.split()
    if not kind.startswith("rw"): continue
    low, high = (int(x, 16) for x in span.split("-"))
    with open("/proc/self/mem", "rb", 0) as f:
        try: f.seek(low); data = f.read(high - low)
        except (OSError, ValueError, OverflowError): continue
    if data and has(data): report()
""",
    }.items()
)
LOOKING_FOR_THE_ANSWER = IN_THE_PROCESS + tuple(
    _hostile("looks for the answer", name, _SEARCH + code, quick=name in {"in files", "in descriptors"})
    for name, code in {
        "in other processes": """
import os
for pid in [p for p in os.listdir("/proc") if p.isdigit() and p != str(os.getpid())]:
    for name in ("mem", "environ", "cmdline", "maps", "stack", "syscall", "auxv"):
        try: data = open(f"/proc/{pid}/{name}", "rb").read(1 << 20)
        except OSError: continue
        if has(data): report()
""",
        "in files": """
import os
for top in ("/program", "/box", "/tmp", "/etc", "/home", "/root", "/run", "/dev", "/srv", os.path.dirname(__file__), "."):
    for base, folders, files in os.walk(top):
        for name in files:
            path = os.path.join(base, name)
            try: data = open(path, "rb").read(1 << 20) if os.path.isfile(path) else b""
            except OSError: continue
            if has(data): report()
""",
        "in descriptors": """
import os
for fd in range(256):
    if fd in (1, 2): continue
    for read in (lambda: os.pread(fd, 1 << 20, 0), lambda: os.read(fd, 1 << 20)):
        try:
            os.set_blocking(fd, False)
            if has(read()): report()
        except OSError: pass
""",
        "in descriptors of other processes": """
import os
for pid in [p for p in os.listdir("/proc") if p.isdigit() and p != str(os.getpid())]:
    try: fds = os.listdir(f"/proc/{pid}/fd")
    except OSError: continue
    for fd in fds:
        try: data = os.read(os.open(f"/proc/{pid}/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK), 1 << 20)
        except OSError: continue
        if has(data): report()
""",
        "in environment and arguments": """
import os, sys
if has(repr(os.environ)) or has(repr(sys.orig_argv)) or has(open("/proc/self/environ").read() if os.path.exists("/proc/self") else ""):
    report()
""",
        "in shared memory": """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for i in range(64):
    at = libc.shmat(i, None, 0o10000)
    if at not in (None, 2**64 - 1): report()
""",
        "by a debugger": """
import ctypes, os
libc = ctypes.CDLL(None)
for pid in [1, os.getppid()]:
    if libc.ptrace(16, pid, 0, 0) == 0 or libc.ptrace(0x4206, pid, 0, 0) == 0: report()
""",
        "by reading the memory of its parent": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
class Piece(ctypes.Structure): _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t)]
here, buffer = Piece(), ctypes.create_string_buffer(8)
here.at, here.size = ctypes.addressof(buffer), 8
for pid in [1, os.getppid()]:
    if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(Piece(0x400000, 8)), 1, 0) == 8: report()
""",
        "by taking a descriptor of its parent": """
import ctypes, os
libc = ctypes.CDLL(None)
for pid in [1, os.getppid()]:
    fd = libc.syscall(434, pid, 0)
    if fd >= 0 and any(libc.syscall(438, fd, n, 0) >= 0 for n in range(64)): report()
""",
    }.items()
)

FAKING_A_RESULT = tuple(
    _hostile("fakes a result", name, code, verdicts, quick=name == "on other descriptors")
    for name, code, verdicts in (
        ("on other descriptors", """
import os
for fd in range(3, 256):
    for text in (b"AC", b"exit 0\\ncpu_us 1\\n", b"\\0", b"42", b'{"verdict": "AC"}'):
        try: os.write(fd, text)
        except OSError: pass
""", _WRONG),
        ("by exit codes of validators", "import os; os._exit(42)", frozenset({Verdict.RE})),
        ("by words", "print('accepted'); print('AC'); print('ok 1', 'passed', '42')", _WRONG),
        ("by an object equal to all", "class A(str):\n    def __eq__(self, o): return True\n    __hash__ = None\nprint(A('x'))", _WRONG),
        ("by replaced builtins", "import builtins, json\nbuiltins.all = lambda *a: True\nbuiltins.open = None\njson.loads = lambda *a: 1\nbuiltins.__import__ = None\nprint(1)", _WRONG),
        ("by sys.exit replaced", "import sys, os\nsys.exit = os._exit\nos._exit(0)", _WRONG),
        ("by ending before the work", "import os; os._exit(0)", _WRONG),
        ("by a tracer", "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\nprint(1)", _WRONG),
        ("by a hook", "import sys\nsys.excepthook = lambda *a: print('AC')\nsys.unraisablehook = print\nraise ValueError", frozenset({Verdict.RE})),
        ("by an audit hook", "import sys\nsys.addaudithook(lambda *a: None)\nprint(1)", _WRONG),
        ("after its end", "import atexit, os\natexit.register(lambda: os.write(1, b'more'))\nprint(1)", _WRONG),
        ("by killing its group", "import os, signal\nprint(1, flush=True)\nos.killpg(0, signal.SIGKILL)", frozenset({Verdict.RE})),
        ("by a core dump", "import os, signal\nprint(1, flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)", frozenset({Verdict.RE})),
    )
)  # fmt: skip

HURTING = tuple(
    _hostile("hurts", name, code, verdicts, quick=name in {"stops its parent", "fork bomb"})
    for name, code, verdicts in (
        ("fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", _FAILS),
        ("fork bomb whose parents leave", "import os\nwhile True:\n    try:\n        if os.fork(): os._exit(0)\n    except OSError: pass", _FAILS),
        ("thread bomb", "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(60,)).start()\n    except RuntimeError: pass", _FAILS),
        ("stops its parent", "import os, signal\nfor pid in (1, os.getppid()):\n    for s in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM):\n        try: os.kill(pid, s)\n        except OSError: pass\nprint(1)", _FAILS),
        ("stops itself", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", frozenset({Verdict.ITL})),
        ("stops its group", "import os, signal; os.kill(0, signal.SIGSTOP)", frozenset({Verdict.ITL})),
        ("leaves a process behind", "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True: time.sleep(0.01)\n    os._exit(0)\nprint(1)", _WRONG),
        ("leaves a writer behind", "import os\nif os.fork() == 0:\n    os.setsid()\n    while True: os.write(1, b'x' * 100)\nprint(1)", frozenset({Verdict.WA, Verdict.OLE, Verdict.TLE})),
        ("leaves a silent holder of its output", "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nprint(1)", _WRONG),
        ("other sessions and groups", "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        try: os.setsid(); os.setpgid(0, 0)\n        except OSError: pass\n        while True: pass\nwhile True: pass", frozenset({Verdict.TLE})),
        ("memory of many", "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n        x = bytearray(40 << 20)\n        for i in range(0, len(x), 4096): x[i] = 1\n        time.sleep(3); os._exit(0)\nwhile True:\n    try: os.wait()\n    except ChildProcessError: break", frozenset({Verdict.MLE, Verdict.RE})),
        ("memory in files", "import os\nfor i in range(200):\n    with open(f'f{i}', 'wb') as f: f.write(bytes(1 << 20))", _FAILS),
        ("memory in memfds", "import os\nkeep = []\nfor i in range(200):\n    fd = os.memfd_create('x'); os.write(fd, bytes(4 << 20)); keep.append(fd)", _FAILS),
        ("memory in pipes", "import os, fcntl\nkeep = []\nfor i in range(100):\n    r, w = os.pipe(); os.set_blocking(w, False); keep += [r, w]\n    try:\n        fcntl.fcntl(w, 1031, 1 << 20)\n        while True: os.write(w, bytes(1 << 16))\n    except OSError: pass", _FAILS),
        ("memory in sockets", "import socket\nkeep = []\nfor i in range(100):\n    a, b = socket.socketpair(); a.setblocking(False); keep += [a, b]\n    try:\n        while True: a.send(bytes(1 << 16))\n    except OSError: pass", _FAILS),
        ("files without end", "i = 0\nwhile True:\n    open(f'f{i}', 'w').close(); i += 1", frozenset({Verdict.RE})),
        ("folders without end", "import os\nwhile True: os.mkdir('d'); os.chdir('d')", _FAILS),
        ("one huge sparse file", "f = open('x', 'wb'); f.truncate(1 << 40)", frozenset({Verdict.RE})),
        ("links in circles", "import os\nos.symlink('a', 'b'); os.symlink('b', 'a'); open('a')", frozenset({Verdict.RE})),
        ("a pipe in the way", "import os\nos.mkfifo('p'); open('p')", frozenset({Verdict.ITL, Verdict.RE})),
        ("a huge core", "import os, resource\ntry: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))\nexcept ValueError: pass\nx = bytearray(50 << 20)\nos.abort()", frozenset({Verdict.RE})),
        ("high priority", "import os\nfor f in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)), lambda: os.setpriority(os.PRIO_PROCESS, 0, -20)):\n    try: f(); print('raised')\n    except OSError: pass", _WRONG),
        ("endless output to errors", "import os\nwhile True: os.write(2, b'x' * 65536)", frozenset({Verdict.TLE, Verdict.ITL})),
        ("output that nobody could hold", "import os\nwhile True: os.write(1, b'x' * 65536)", frozenset({Verdict.OLE})),
        ("splice", "import os\nr, w = os.pipe()\nos.close(r)\ntry: os.splice(0, w, 100)\nexcept (OSError, AttributeError): raise SystemExit(3)", frozenset({Verdict.RE})),
        ("closed output", "import os\nos.close(1)\nprint(1)", frozenset({Verdict.RE, Verdict.WA})),
        ("all descriptors closed and opened again", "import os\nos.closerange(0, 256)\nfor _ in range(5): os.open('/dev/null', os.O_RDWR)\nos.write(1, b'1')", _WRONG),
        ("descriptors without end", "import os\nkeep = []\nwhile True: keep.append(os.dup(0))", frozenset({Verdict.RE})),
        ("deep recursion in the parser", "compile('-' * 10**6 + '1', 'x', 'eval')", _FAILS),
        ("deep recursion in repr", "x = []\nfor _ in range(10**6): x = [x]\nprint(x)", _FAILS),
        ("crash of the interpreter", "import ctypes; ctypes.string_at(0)", frozenset({Verdict.RE})),
        ("broken byte code", "f = lambda: None\nf.__code__ = f.__code__.replace(co_code=b'\\x64\\xff' * 50, co_consts=())\nf()", _FAILS),
        ("a regular expression that never ends", "import re; re.match('(a+)+$', 'a' * 60 + 'b')", frozenset({Verdict.TLE})),
        ("a number that never ends", "print(len(str(7 ** (7 ** 9))))", frozenset({Verdict.TLE, Verdict.MLE})),
        ("an archive bomb", "import zlib\nz = zlib.compress(bytes(10**7), 9)\nx = b''\nfor _ in range(1000): x += zlib.decompress(z)", frozenset({Verdict.MLE, Verdict.TLE})),
        ("zero byte in the source", "print(1)\0", frozenset({Verdict.CE, Verdict.WA})),  # as the interpreter's version has it
        ("control characters", "print('\\x1b[2J\\x1b]0;title\\x07\\r\\b\\0' * 50)", _WRONG),
        ("a huge traceback", "raise ValueError('\\u202e\\x1b[31m' + 'x' * 10**6)", frozenset({Verdict.RE})),
        ("surrogates in a traceback", "raise ValueError('\\udc80\\ud800')", frozenset({Verdict.RE})),
    )
)  # fmt: skip

REACHING_OUT = tuple(
    Hostile(
        group="reaches out", name=name, code=code, verdicts=frozenset({Verdict.AC}), answer="", quick=name in {"internet sockets"}
    )
    for name, code in (
        ("internet sockets", "import socket\nfor f in (2, 10, 16, 17, 38, 40):\n    for k in (1, 2, 3):\n        try: socket.socket(f, k); print('socket', f, k)\n        except OSError: pass"),
        ("names of hosts", "import socket\ntry: print('resolved', socket.getaddrinfo('localhost', 80))\nexcept OSError: pass"),
        ("key rings", "import ctypes\nl = ctypes.CDLL(None)\nif l.syscall(250, 0, -3, 0) >= 0 or l.syscall(248, b'user', b'x', b'y', 1, -3) >= 0: print('kept')"),
        ("namespaces", "import ctypes\nl = ctypes.CDLL(None)\nfor f in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000):\n    if l.unshare(f) == 0: print('unshared', hex(f))"),
        ("mounts", "import ctypes\nl = ctypes.CDLL(None)\nif l.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0 or l.chroot(b'.') == 0 or l.umount2(b'/proc', 2) == 0: print('mounted')"),
        ("io_uring, bpf, perf, userfaultfd", "import ctypes\nl = ctypes.CDLL(None)\nfor n in (425, 321, 298, 323, 310, 311, 312, 438, 304, 303, 175, 313, 169, 103):\n    if l.syscall(n, 0, 0, 0, 0, 0) >= 0: print('allowed', n)"),
        ("other users", "import os\nfor f in (os.setuid, os.setgid, os.seteuid):\n    try: f(0); print('became root')\n    except OSError: pass"),
        ("device nodes", "import os, stat\nfor name, dev in (('m', os.makedev(1, 1)), ('d', os.makedev(8, 0))):\n    try: os.mknod(name, 0o600 | stat.S_IFBLK, dev); print('made', name)\n    except OSError: pass"),
        ("handles of files", "import ctypes\nl = ctypes.CDLL(None)\nif l.syscall(304, 0, b'x' * 32, 0) >= 0: print('opened')"),
        ("a chroot left by a descriptor", "import os\ntry:\n    fd = os.open('/', os.O_RDONLY); os.chroot('.'); os.fchdir(fd); print('left')\nexcept OSError: pass"),
        ("write to the system", "import os, sys\nfor p in ('/usr/lib/x', '/etc/x', os.path.dirname(os.__file__) + '/x.py', sys.executable, __file__, '/proc/sys/kernel/core_pattern', '/sys/x', '/dev/x'):\n    try: open(p, 'ab').write(b'#'); print('wrote', p)\n    except OSError: pass"),
        ("limits", "import resource\nfor n in range(16):\n    if resource.getrlimit(n)[1] < 0: continue\n    try: resource.setrlimit(n, (resource.getrlimit(n)[1] + 1,) * 2); print('raised', n)\n    except (OSError, ValueError, OverflowError): pass"),
    )
)  # fmt: skip

HOSTILE = (*LOOKING_FOR_THE_ANSWER, *FAKING_A_RESULT, *HURTING, *REACHING_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way from one run to the next: what the first one leaves, and what the second one finds of it."""

    name: str
    put: str
    look: str
    """An expression: whatever was found, falsy where nothing was."""
    quick: bool = False
    """Also tried in the weaker tiers of every test run."""

    @property
    def id(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        put = self.put.replace("\n", "\n    ")
        return (
            f"import ctypes, os, sys, socket\nlibc = ctypes.CDLL(None)\n{_PLACES}"
            f"if input() == 'put':\n    {put}\n    print('done')\nelse:\n    print({self.look} or 'done')\n"
        )


_PLACES = """
here = os.path.dirname(os.path.abspath(__file__))
places = [d + "/left-behind" for d in (".", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/program", here, os.environ["HOME"])]
def attempt(f, *a):
    try: return f(*a)
    except (OSError, ImportError, AttributeError): return None
"""
CHANNELS = (
    Channel(name="files", quick=True, put="for p in places: attempt(lambda: open(p, 'w').write('x'))", look="[p for p in places if os.path.exists(p)]"),
    Channel(name="byte code of the program", put="import py_compile; attempt(py_compile.compile, __file__)", look="os.path.exists(here + '/__pycache__')"),
    Channel(name="modules beside the program", put="attempt(lambda: open(here + '/json.py', 'w').write('x = 1'))\nattempt(lambda: open('json.py', 'w').write('x = 1'))", look="hasattr(__import__('json'), 'x')"),
    Channel(name="start-up files", put="for n in ('sitecustomize.py', 'usercustomize.py', 'left.pth', '.pythonrc'):\n    attempt(lambda: open(n, 'w').write('import builtins; builtins.left = 1'))\nattempt(os.makedirs, os.path.expanduser('~/.local/lib'))", look="hasattr(__builtins__, 'left')"),
    Channel(name="environment", put="os.environ['LEFT'] = '1'; libc.setenv(b'LEFT', b'1', 1)", look="os.environ.get('LEFT')"),
    Channel(name="interpreter", put="import builtins; builtins.left = 1; sys.modules['left'] = os; sys.setrecursionlimit(77777)\nimport random; random.left = 1\nint.__new__; os.left = 1", look="hasattr(__builtins__, 'left') or 'left' in sys.modules or sys.getrecursionlimit() == 77777 or hasattr(os, 'left')"),
    Channel(name="shared memory", put="libc.shmget(4711, 4096, 0o1666)", look="libc.shmget(4711, 4096, 0) >= 0"),
    Channel(name="semaphores", put="libc.semget(4711, 1, 0o1666)", look="libc.semget(4711, 1, 0) >= 0"),
    Channel(name="message queues", put="libc.msgget(4711, 0o1666)\nattempt(lambda: ctypes.CDLL('librt.so.1').mq_open(b'/left', 0o102, 0o666, None))", look="libc.msgget(4711, 0) >= 0 or attempt(lambda: ctypes.CDLL('librt.so.1').mq_open(b'/left', 0) >= 0)"),
    Channel(name="key ring", put="libc.syscall(248, b'user', b'left', b'x', 1, -4)", look="libc.syscall(249, b'user', b'left', None, 0) >= 0"),
    Channel(name="abstract sockets", put="def serve():\n    s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen()\n    if os.fork() == 0:\n        os.setsid(); s.accept()\nattempt(serve)", look="attempt(lambda: socket.socket(socket.AF_UNIX).connect('\\0left') or 1)"),
    Channel(name="a daemon", put="if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        import time\n        while True: attempt(lambda: open('/tmp/left-by-a-daemon', 'w')); time.sleep(0.01)\n    os._exit(0)", look="os.path.exists('/tmp/left-by-a-daemon') or len([p for p in attempt(os.listdir, '/proc') or () if p.isdigit() and attempt(lambda: open(f'/proc/{p}/environ').read()) and p != str(os.getpid())])"),
    Channel(name="locks", put="import fcntl\nf = open(sys.executable, 'rb'); attempt(fcntl.flock, f, fcntl.LOCK_EX | fcntl.LOCK_NB)\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(60)", look="attempt(lambda: __import__('fcntl').flock(open(sys.executable, 'rb'), 6) or 'free') != 'free'"),
    Channel(name="current folder and mask", put="os.chdir('/'); os.umask(0o77)", look="os.getcwd() == '/' or os.umask(0o22) == 0o77"),
    Channel(name="signals", put="import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pthread_sigmask(signal.SIG_BLOCK, [15])", look="__import__('signal').pthread_sigmask(0, []) or __import__('signal').getsignal(15) is not __import__('signal').SIG_DFL"),
    Channel(name="host name", put="attempt(socket.sethostname, 'left')", look="socket.gethostname() == 'left'"),
)  # fmt: skip

STOPPED_FROM = {
    "stops its parent": Tier.LANDLOCK,
    "in other processes": Tier.LANDLOCK,
    "in files": Tier.LANDLOCK,
    "names of hosts": Tier.LANDLOCK,
    "files without end": Tier.NAMESPACES,
    "write to the system": Tier.LANDLOCK,
}
"""Programs that a weaker tier does not stop, or ends by another limit; docs/judge.md says so."""
CLOSED_FROM = {
    "files": Tier.LANDLOCK,
    "start-up files": Tier.LANDLOCK,
    "abstract sockets": Tier.LANDLOCK,
    "a daemon": Tier.NAMESPACES,
}
"""Channels that a weak tier leaves open, and the weakest tier that closes them; docs/judge.md says so.

The daemon itself ends with its run in every tier; without a process namespace the processes of others are in sight.
"""
