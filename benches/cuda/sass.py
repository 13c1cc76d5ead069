"""Counts the instructions that a step of a training takes on a GPU, by running the kernel's machine code here.

    python3 benches/cuda/sass.py CUBIN

CUBIN is `nvcc -cubin` of src/engine/fused/kernel/train.cu with build.rs's flags for one architecture; `cuobjdump` of the CUDA
toolkit and numpy are needed. The warps of a block run one after the other from barrier to barrier, and lanes that part meet again
where the code has them meet. Instructions are those issued, each for a warp.

The parameters after the last step are compared with those of the kernel compiled for this machine (src/engine/fused/kernel/host.cpp):
the bits must be equal.
"""

import ctypes
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections import Counter

import numpy as np

LANES = 32
U32, F32 = np.uint32, np.float32
M32, M64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
NONE = M32
libm = ctypes.CDLL("libm.so.6")
libm.fmaf.restype = ctypes.c_float
libm.fmaf.argtypes = [ctypes.c_float] * 3
libm.fma.restype = ctypes.c_double
libm.fma.argtypes = [ctypes.c_double] * 3
np.seterr(all="ignore")


# The machine code.


def sections(cubin):
    """The sections of an ELF file by name."""
    data = open(cubin, "rb").read()
    start, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    heads = [struct.unpack_from("<IIQQQQ", data, start + k * size) for k in range(count)]
    text = heads[names][4]
    name = lambda at: data[text + at : data.index(b"\0", text + at)].decode()
    return {name(head[0]): data[head[4] : head[4] + head[5]] for head in heads}


def instructions(cubin, function):
    """Of each address: predicate, opcode and operands."""
    text = subprocess.run(["cuobjdump", "-sass", "-fun", function, cubin], capture_output=True, text=True, check=True).stdout
    code = {}
    for at, words in re.findall(r"^\s+/\*([0-9a-f]{4,6})\*/\s+(.*?)\s*;", text, re.M):
        predicate = None
        if words.startswith("@"):
            predicate, words = words[1:].split(None, 1)
        opcode, _, operands = words.partition(" ")
        operands = [operand.strip().replace(".reuse", "") for operand in operands.split(",")] if operands else []
        code[int(at, 16)] = (predicate, opcode.split("."), operands)
    return code


def as_floats(bits):
    return np.asarray(bits, U32).view(F32)


def as_bits(floats):
    return np.asarray(floats, F32).view(U32)


class Warp:
    """A warp: registers of all lanes, those of the warp, predicates, local memory and the lanes' places."""

    def __init__(self, machine, number):
        self.machine, self.number = machine, number
        self.registers = np.zeros((257, LANES), U32)
        self.uniform = [0] * 64
        self.predicates = {f"P{k}": np.zeros(LANES, bool) for k in range(7)}
        self.uniform_predicates = {f"UP{k}": False for k in range(7)}
        self.local = np.zeros((LANES, 1024), U32)
        self.at = np.zeros(LANES, np.int64)
        self.ended = np.zeros(LANES, bool)
        # Who is to meet at each barrier of this warp, and at which one a lane waits.
        self.meeting = {}
        self.waiting = [None] * LANES

    # Operands.

    def predicate(self, word):
        negated = word.startswith("!")
        word = word.lstrip("!")
        if word in ("PT", "UPT"):
            value = np.ones(LANES, bool)
        elif word.startswith("UP"):
            value = np.full(LANES, self.uniform_predicates[word])
        else:
            value = self.predicates[word]
        return ~value if negated else value

    def register(self, word, offset=0):
        name = word.split(".")[0]
        if name in ("RZ", "SRZ", "URZ"):
            return np.zeros(LANES, U32)
        if name.startswith("UR"):
            return np.full(LANES, self.uniform[int(name[2:]) + offset], U32)
        return self.registers[int(name[1:]) + offset]

    def constant(self, word, offset=0):
        bank, place = re.fullmatch(r"c\[(0x[0-9a-f]+)\]\[(.*)\]", word).groups()
        data, where = self.machine.constants[int(bank, 16)], np.zeros(LANES, np.int64)
        for part in place.split("+"):
            where = where + (int(part, 16) if part.startswith("0x") else self.register(part).astype(np.int64))
        return np.array([struct.unpack_from("<I", data, int(w) + 4 * offset)[0] for w in where], U32)

    def integer(self, word, offset=0):
        """Bits of an operand, with its sign taken; `offset` is 1 for the upper word."""
        if word.startswith("~"):
            return ~self.integer(word[1:], offset)
        if re.fullmatch(r"-?0x[0-9a-f]+|-?\d+", word):
            return np.full(LANES, (int(word, 0) >> 32 * offset) & M32, U32)
        if word.startswith("-"):
            return (0 - self.integer(word[1:], offset)).astype(U32)
        if word.startswith("c["):
            return self.constant(word, offset)
        if re.fullmatch(r"[+-]?(\d.*|INF|QNAN)", word):
            return as_bits(self.floating(word))
        return self.register(word, offset)

    def floating(self, word):
        if word.startswith("-") and not re.match(r"-[\dIQ]", word):
            return -self.floating(word[1:])
        if word.startswith("|"):
            return np.abs(self.floating(word.strip("|")))
        if re.match(r"[+-]?(\d|INF|QNAN)", word) and not word.startswith("0x"):
            return np.full(LANES, F32(float(word.replace("QNAN", "nan"))))
        return as_floats(self.integer(word))

    def double(self, word):
        if word.startswith("-") and not re.match(r"-\d", word):
            return -self.double(word[1:])
        if word.startswith("|"):
            return np.abs(self.double(word.strip("|")))
        if re.match(r"[+-]?\d", word) and not word.startswith("0x"):
            return np.full(LANES, float(word))
        low, high = self.integer(word).astype(np.uint64), self.integer(word, 1).astype(np.uint64)
        return (low | high << np.uint64(32)).view(np.float64)

    def wide(self, word):
        return self.integer(word).astype(object) | self.integer(word, 1).astype(object) << 32

    # Results.

    def write(self, word, values, lanes, offset=0):
        if word in ("RZ", "URZ", "PT", "UPT"):
            return
        if word.startswith("UR"):
            self.uniform[int(word[2:]) + offset] = int(values[np.argmax(lanes)])
        elif word.startswith("UP"):
            self.uniform_predicates[word] = bool(values[np.argmax(lanes)])
        elif word.startswith("P"):
            self.predicates[word] = np.where(lanes, values, self.predicates[word])
        else:
            row = self.registers[int(word[1:]) + offset]
            row[lanes] = np.asarray(values).astype(U32)[lanes]

    def write_wide(self, word, values, lanes):
        values = [int(value) & M64 for value in values]
        self.write(word, np.array([value & M32 for value in values], U32), lanes)
        if word not in ("RZ", "URZ"):
            self.write(word, np.array([value >> 32 for value in values], U32), lanes, 1)

    def write_double(self, word, values, lanes):
        self.write_wide(word, np.asarray(values, np.float64).view(np.uint64), lanes)

    # Execution.

    def run(self):
        """Until a barrier or the end."""
        self.waiting = [None if name == "BLOCK" else name for name in self.waiting]
        while True:
            runs = ~self.ended & np.array([name is None for name in self.waiting])
            if not runs.any():
                assert all(name == "BLOCK" for name, ended in zip(self.waiting, self.ended) if not ended), self.waiting
                return
            at = int(self.at[runs].min())
            together = runs & (self.at == at)
            self.machine.counts[at] += 1
            predicate, opcode, operands = self.machine.code[at]
            lanes = together if predicate is None else together & self.predicate(predicate)
            self.at[together] = at + 16
            if lanes.any():
                self.execute(at, opcode, operands, lanes)

    def meet(self):
        """Lets those go on who wait where all have come."""
        for name, lanes in self.meeting.items():
            here = np.array([waits == name for waits in self.waiting])
            if here.any() and (here | ~lanes | self.ended)[~self.ended].all():
                self.waiting = [None if waits == name else waits for waits in self.waiting]

    def addresses(self, word):
        """Of `[R1.64+0x10]`, with or without a descriptor."""
        inner = re.search(r"\[([^\[\]]*)\]$", word).group(1)
        total = np.zeros(LANES, object)
        for part in re.split(r"\+(?=U?R|0x|-)", inner):
            if part.startswith(("0x", "-0x")):
                total = total + int(part, 16)
            elif part.endswith(".64"):
                total = total + self.wide(part)
            else:
                total = total + self.integer(part).astype(object)
        return [int(address) & M64 for address in total]

    def load(self, space, opcode, operands, lanes):
        words = 4 if "128" in opcode else 2 if "64" in opcode else 1
        addresses = self.addresses(operands[1])
        for k in range(words):
            values = [space(lane, address + 4 * k) if lanes[lane] else 0 for lane, address in enumerate(addresses)]
            self.write(operands[0], np.array(values, U32), lanes, k)

    def store(self, space, opcode, operands, lanes):
        words = 4 if "128" in opcode else 2 if "64" in opcode else 1
        addresses = self.addresses(operands[0])
        for k in range(words):
            values = self.integer(operands[1], k) if operands[1] != "RZ" else np.zeros(LANES, U32)
            for lane in np.flatnonzero(lanes):
                space(lane, addresses[lane] + 4 * k, int(values[lane]))

    def read_local(self, lane, address):
        return self.local[lane, address // 4]

    def write_local(self, lane, address, value):
        self.local[lane, address // 4] = value

    def compare(self, kind, a, b):
        return {"GT": lambda: a > b, "GE": lambda: a >= b, "LT": lambda: a < b, "LE": lambda: a <= b, "EQ": lambda: a == b,
                "NE": lambda: (a != b) & (a == a) & (b == b), "GEU": lambda: ~(a < b), "GTU": lambda: ~(a <= b),
                "LEU": lambda: ~(a > b), "LTU": lambda: ~(a >= b), "NEU": lambda: ~(a == b),
                "NAN": lambda: (a != a) | (b != b)}[kind]()

    def join(self, how, a, b):
        return a & b if how == "AND" else a | b if how == "OR" else a ^ b

    def execute(self, at, opcode, operands, lanes):
        name = opcode[0].removeprefix("U") if opcode[0] in UNIFORM else opcode[0]
        o = operands
        m = self.machine
        if name == "BSSY":
            self.meeting[o[0]] = lanes.copy()
        elif name == "BREAK":
            self.meeting[o[-1]] &= ~lanes
            self.meet()
        elif name == "BSYNC":
            for lane in np.flatnonzero(lanes):
                self.waiting[lane] = o[0]
            self.meet()
        elif name in ("NOP", "WARPSYNC", "ENDCOLLECTIVE", "YIELD", "DEPBAR", "ERRBAR", "MEMBAR"):
            pass
        elif name == "BMOV":
            if o[0].startswith("R"):
                met = self.meeting.get(o[1], np.zeros(LANES, bool))
                self.write(o[0], np.full(LANES, sum(1 << int(lane) for lane in np.flatnonzero(met)), U32), lanes)
            else:
                mask = int(self.integer(o[1])[np.argmax(lanes)])
                self.meeting[o[0]] = np.array([bool(mask >> lane & 1) for lane in range(LANES)])
        elif name == "EXIT":
            self.ended |= lanes
            self.meet()
        elif name == "BAR":
            for lane in np.flatnonzero(lanes):
                self.waiting[lane] = "BLOCK"
        elif name == "BRA":
            if "DIV" in opcode and (lanes | self.ended).all():
                return
            taken = lanes.copy()
            for word in o[:-1]:
                if "P" in word:
                    taken &= self.predicate(word)
            self.at[taken] = int(o[-1].split()[-1], 16)
        elif name == "BRX":
            register, offset = o[0].split()[:2]
            self.at[lanes] = self.integer(register).astype(np.int64)[lanes] + int(offset, 16) + at + 16
        elif name == "CALL":
            self.at[lanes] = int(o[0].split()[-1], 16)
        elif name == "RET":
            self.at[lanes] = self.integer(o[0].split()[0])[lanes]
        elif name in ("MOV", "LDC", "R2UR"):
            self.write(o[0], self.integer(o[1]), lanes)
            if "64" in opcode:
                self.write(o[0], self.integer(o[1], 1), lanes, 1)
        elif name == "CS2R":
            self.write_wide(o[0], [0] * LANES, lanes) if "32" not in opcode else self.write(o[0], np.zeros(LANES), lanes)
        elif name in ("S2R", "S2UR"):
            values = {"SR_TID.X": np.arange(LANES), "SR_TID.Y": np.full(LANES, self.number)}
            self.write(o[0], values.get(o[1], np.zeros(LANES)).astype(U32), lanes)
        elif name == "HFMA2":
            half = lambda word: int(np.float16(float(word)).view(np.uint16))
            self.write(o[0], np.full(LANES, half(o[3]) << 16 | half(o[4]), U32), lanes)
        elif name in ("LDS", "LDG", "LDL"):
            self.load({"LDS": m.read_shared, "LDG": m.read_global, "LDL": self.read_local}[name], opcode, o, lanes)
        elif name in ("STS", "STG", "STL"):
            self.store({"STS": m.write_shared, "STG": m.write_global, "STL": self.write_local}[name], opcode, o, lanes)
        elif name == "REDG":
            pass
        elif name == "SHFL":
            source = np.arange(LANES) ^ int(self.integer(o[3])[0])
            self.write(o[1], self.integer(o[2])[source], lanes)
            self.write(o[0], np.ones(LANES, bool), lanes)
        elif name in FLOATING:
            self.execute_floating(name, opcode, o, lanes)
        else:
            self.execute_integer(name, opcode, o, lanes)

    def execute_floating(self, name, opcode, o, lanes):
        f = self.floating
        if name in ("FADD", "FMUL"):
            a, b = f(o[1]), f(o[2])
            self.write(o[0], as_bits(a + b if name == "FADD" else a * b), lanes)
        elif name == "FFMA":
            a, b, c = f(o[1]), f(o[2]), f(o[3])
            self.write(o[0], as_bits([libm.fmaf(*abc) for abc in zip(a.tolist(), b.tolist(), c.tolist())]), lanes)
        elif name == "FMNMX":
            a, b, least = f(o[1]), f(o[2]), self.predicate(o[3])
            self.write(o[0], as_bits(np.where(least, np.minimum(a, b), np.maximum(a, b))), lanes)
        elif name == "FSEL":
            self.write(o[0], np.where(self.predicate(o[3]), self.bits(o[1]), self.bits(o[2])), lanes)
        elif name == "FSETP":
            value = self.compare(opcode[1], f(o[2]), f(o[3]))
            self.write(o[0], self.join(opcode[-1], value, self.predicate(o[4])), lanes)
        elif name == "FSET":
            value = self.join(opcode[-1], self.compare(opcode[2], f(o[1]), f(o[2])), self.predicate(o[3]))
            self.write(o[0], as_bits(value.astype(F32)), lanes)
        elif name == "FCHK":
            # Whether a division needs more than the usual steps: where exponents are far apart.
            a, b = np.abs(f(o[1])), np.abs(f(o[2]))
            exponent = lambda x: np.frexp(x)[1]
            far = (b == 0) | ~np.isfinite(a) | ~np.isfinite(b) | (exponent(b) > 126) | (exponent(b) < -124)
            far |= (a != 0) & ((exponent(a) - exponent(b) > 126) | (exponent(a) - exponent(b) < -124) | (exponent(a) < -100))
            self.write(o[0], far, lanes)
        elif name == "MUFU":
            if opcode[1] == "RCP64H":
                high = self.integer(o[1]).astype(np.uint64) << np.uint64(32)
                self.write(o[0], ((1 / high.view(np.float64)).view(np.uint64) >> np.uint64(32)).astype(U32), lanes)
                return
            of = {"RCP": lambda x: 1 / x, "RSQ": lambda x: 1 / np.sqrt(x), "SQRT": np.sqrt}[opcode[1]]
            self.write(o[0], as_bits(of(f(o[1]).astype(np.float64)).astype(F32)), lanes)
        elif name in ("DADD", "DMUL"):
            a, b = self.double(o[1]), self.double(o[2])
            self.write_double(o[0], a + b if name == "DADD" else a * b, lanes)
        elif name == "DFMA":
            a, b, c = (self.double(word).tolist() for word in o[1:4])
            self.write_double(o[0], [libm.fma(*abc) for abc in zip(a, b, c)], lanes)
        elif name == "DSETP":
            value = self.compare(opcode[1], self.double(o[2]), self.double(o[3]))
            self.write(o[0], self.join(opcode[-1], value, self.predicate(o[4])), lanes)
        elif name == "F2F":
            if opcode[1:3] == ["F64", "F32"]:
                self.write_double(o[0], f(o[1]).astype(np.float64), lanes)
            else:
                self.write(o[0], as_bits(self.double(o[1]).astype(F32)), lanes)
        elif name in ("I2F", "I2FP"):
            signed = "S32" in opcode
            self.write(o[0], as_bits(self.integer(o[1]).astype(np.int32 if signed else U32).astype(F32)), lanes)
        else:
            self.write(o[0], np.maximum(f(o[1]), 0).astype(np.int64).astype(U32), lanes)

    def bits(self, word):
        return as_bits(self.floating(word)) if not re.fullmatch(r"U?R\w*", word) else self.integer(word)

    def execute_integer(self, name, opcode, o, lanes):
        i = self.integer
        signed = lambda word: i(word).astype(np.int32).astype(np.int64)
        plain = lambda word: i(word).astype(np.int64)
        if name == "IADD3":
            carries = []
            while re.fullmatch(r"U?P\w+", o[1]):
                carries.append(o[1])
                o = o[:1] + o[2:]
            total = sum(plain(word) for word in o[1:4])
            if "X" in opcode:
                total = sum((i(word[1:]) ^ U32(M32)).astype(np.int64) if word.startswith("~") else plain(word) for word in o[1:4])
                total = total + self.predicate(o[4]).astype(np.int64) + (self.predicate(o[5]).astype(np.int64) if len(o) > 5 else 0)
            self.write(o[0], (total & M32).astype(U32), lanes)
            for k, carry in enumerate(carries):
                self.write(carry, total >> 32 > k, lanes)
        elif name == "IMAD":
            if "WIDE" in opcode:
                of = plain if "U32" in opcode else signed
                a, b = of(o[1]).astype(object), of(o[2]).astype(object)
                third = np.zeros(LANES, object) if o[3] in ("RZ", "URZ") else self.wide(o[3])
                self.write_wide(o[0], a * b + third, lanes)
            elif "HI" in opcode:
                a, b = plain(o[1]).astype(object), plain(o[2]).astype(object)
                third = np.zeros(LANES, object) if o[3] in ("RZ", "URZ") else self.wide(o[3])
                self.write(o[0], np.array([((x + c) >> 32) & M32 for x, c in zip(a * b, third)], U32), lanes)
            else:
                self.write(o[0], (i(o[1]) * i(o[2]) + i(o[3])).astype(U32), lanes)
        elif name == "LEA":
            # HI takes the upper word of a shifted pair, whose upper word is the third operand, or the sign.
            carry_out = None
            if re.fullmatch(r"U?P\w+", o[1]):
                carry_out, o = o[1], o[:1] + o[2:]
            if "HI" in opcode:
                sx = "SX32" in opcode
                low, shift = i(o[1]).astype(object), int((o[3] if sx else o[4]), 16)
                high = (signed(o[1]) >> 31).astype(object) & M32 if sx else i(o[3]).astype(object)
                value = np.array([((h << 32 | l) << shift >> 32) & M32 for h, l in zip(high, low)], object)
                last = o[4] if sx else (o[5] if len(o) > 5 else None)
                carry = self.predicate(last).astype(object) if "X" in opcode else 0
                total = value + i(o[2]).astype(object) + carry
            else:
                value = (i(o[1]).astype(object) << int(o[3], 16)) & M32
                total = value + i(o[2]).astype(object)
            self.write(o[0], np.array([int(t) & M32 for t in total], U32), lanes)
            if carry_out:
                self.write(carry_out, np.array([int(t) >> 32 > 0 for t in total]), lanes)
        elif name == "LOP3":
            result = None
            if re.fullmatch(r"U?P\w+", o[0]):
                result, o = o[0], o[1:]
            a, b, c, table = i(o[1]), i(o[2]), i(o[3]), int(o[4], 16)
            value = np.zeros(LANES, U32)
            for k in range(8):
                if table >> k & 1:
                    value |= (a if k & 4 else ~a) & (b if k & 2 else ~b) & (c if k & 1 else ~c)
            self.write(o[0], value, lanes)
            if result:
                self.write(result, value != 0, lanes)
        elif name == "PLOP3":
            a, b, c, table = self.predicate(o[2]), self.predicate(o[3]), self.predicate(o[4]), int(o[5], 16)
            value = np.zeros(LANES, bool)
            for k in range(8):
                if table >> k & 1:
                    value |= (a if k & 4 else ~a) & (b if k & 2 else ~b) & (c if k & 1 else ~c)
            self.write(o[0], value, lanes)
        elif name == "SHF":
            shift = (i(o[2]) & U32(63)).astype(object)
            low, high = i(o[1]).astype(object), i(o[3]).astype(object)
            pair = [h << 32 | l for h, l in zip(high, low)]
            if "L" in opcode:
                values = [(p << s) >> (32 if "HI" in opcode else 0) if "HI" in opcode else l << s
                          for p, l, s in zip(pair, low, shift)]
            elif "HI" in opcode:
                sign = "S32" in opcode
                values = [(h - (1 << 32) if sign and h >> 31 else h) >> s for h, s in zip(high, shift)]
            else:
                values = [p >> s for p, s in zip(pair, shift)]
            self.write(o[0], np.array([int(v) & M32 for v in values], U32), lanes)
        elif name == "ISETP":
            of = plain if "U32" in opcode else signed
            value = self.compare(opcode[1], of(o[2]), of(o[3]))
            if "EX" in opcode:
                lower = self.predicate(o[5])
                value = np.where(of(o[2]) == of(o[3]), lower, value) if opcode[1] != "EQ" else value & lower
                if opcode[1] == "NE":
                    value = (of(o[2]) != of(o[3])) | lower
            how = "OR" if "OR" in opcode else "XOR" if "XOR" in opcode else "AND"
            self.write(o[0], self.join(how, value, self.predicate(o[4])), lanes)
        elif name == "SEL":
            self.write(o[0], np.where(self.predicate(o[3]), i(o[1]), i(o[2])), lanes)
        elif name in ("VIMNMX", "IMNMX"):
            of = plain if "U32" in opcode else signed
            a, b = of(o[1]), of(o[2])
            self.write(o[0], np.where(self.predicate(o[3]), np.minimum(a, b), np.maximum(a, b)) & M32, lanes)
        elif name == "VIADDMNMX":
            unsigned = "U32" in opcode
            total = (i(o[1]) + i(o[2])).astype(U32)
            a, b = (total, i(o[3])) if unsigned else (total.astype(np.int32), i(o[3]).astype(np.int32))
            least = self.predicate(o[4])
            self.write(o[0], np.where(least, np.minimum(a, b), np.maximum(a, b)).astype(np.int64) & M32, lanes)
        elif name == "IABS":
            self.write(o[0], np.abs(signed(o[1])) & M32, lanes)
        elif name == "PRMT":
            both = [int(a) | int(b) << 32 for a, b in zip(i(o[1]), i(o[3]))]
            selects = i(o[2])
            values = [sum((p >> 8 * (int(s) >> 4 * k & 7) & 0xFF) << 8 * k for k in range(4)) for p, s in zip(both, selects)]
            self.write(o[0], np.array(values, U32), lanes)
        else:
            raise NotImplementedError(f"{'.'.join(opcode)} {o}")


UNIFORM = {"UMOV", "ULDC", "ULEA", "UIADD3", "ULOP3", "UIMAD", "USHF", "UISETP", "USEL", "UPLOP3", "UPRMT"}
FLOATING = {"FADD", "FMUL", "FFMA", "FMNMX", "FSEL", "FSETP", "FSET", "FCHK", "MUFU", "DADD", "DMUL", "DFMA", "DSETP", "F2F",
            "I2F", "I2FP", "F2I"}
BASE = 1 << 32
SHARED = 1024


class Machine:
    """A block, and the global memory."""

    def __init__(self, cubin, function):
        self.code = instructions(cubin, function)
        found = sections(cubin)
        self.tables = {bank: found.get(f".nv.constant{bank}.{function}", b"") for bank in (2, 3, 4)}
        self.arguments = len(found[f".nv.constant0.{function}"])
        self.memory = bytearray()
        self.counts = Counter()

    def place(self, data):
        while len(self.memory) % 256:
            self.memory.append(0)
        at = BASE + len(self.memory)
        self.memory += bytes(data) or bytes(4)
        return at

    def read_global(self, _, address):
        return struct.unpack_from("<I", self.memory, address - BASE)[0]

    def write_global(self, _, address, value):
        struct.pack_into("<I", self.memory, address - BASE, value)

    def read_shared(self, _, address):
        return struct.unpack_from("<I", self.shared, address)[0]

    def write_shared(self, _, address, value):
        struct.pack_into("<I", self.shared, address, value)

    def launch(self, arguments, warps, shared, first):
        """Runs one block; the arguments begin at `first` of the constants."""
        constants = bytearray(first)
        struct.pack_into("<IIIIII", constants, 0, 32, warps, 1, 1, 1, 1)
        struct.pack_into("<I", constants, 0x28, 4000)
        for argument in arguments:
            if isinstance(argument, bytes):
                constants += argument
            else:
                constants += bytes(-len(constants) % 8) + struct.pack("<Q", argument)
        self.constants = {0: bytes(constants) + bytes(64), **self.tables}
        self.shared = bytearray(SHARED + shared)
        team = [Warp(self, number) for number in range(warps)]
        while not all(warp.ended.all() for warp in team):
            for warp in team:
                warp.run()


# A training.


class Network:
    """A network in training: what the host lays out (src/engine/fused/cohort/layout.rs), on numbers of no meaning."""

    def __init__(self, units, task, batch, steps, shuffled):
        random = np.random.default_rng(1)
        samples, slots, outputs = batch * 3, 2, units[-1]
        groups = -(-batch // LANES)
        row = groups * LANES + 4
        pairs = list(zip(units, units[1:]))
        count = sum((a + 1) * b for a, b in pairs)
        padded = -(-count // LANES) * LANES
        end = 0

        def take(length):
            nonlocal end
            end += length
            return end - length

        take(padded)
        state = take(slots * padded)
        spare = gradients = end
        targets, losses, ones = take(row), take(row), take(row)
        weights = end
        x = take(units[0] * row)
        at = d_inputs = 0
        places, sums = [], []
        for a, b in pairs:
            y, d = take(b * row), take(b * row)
            bias = at + a * b
            sums += [(d + o * row, x + i * row) for o in range(b) for i in range(a)] + [(d + o * row, ones) for o in range(b)]
            places += [a, b, at, bias, x, y, y, d_inputs, d]
            at, x, d_inputs = bias + b, y, d
        sums += [(ones, ones)] * (padded - len(sums))
        self.memory = end
        shape = [len(pairs), units[0], task, outputs, samples, samples, batch, groups, row, samples // batch, 1, 0, 0, steps,
                 int(shuffled), 1, padded // LANES, slots, state, spare, gradients, targets, losses, weights, ones, end]
        self.shape = struct.pack("<26IfI", *shape, 2.0 if task == 0 else 1.0, 1)
        words = lambda values: np.array(values, U32).tobytes()
        floats = lambda values: np.array(values, F32).tobytes()
        self.places, self.left, self.right = words(places), words([l for l, _ in sums]), words([r for _, r in sums])
        # Relu and Adam.
        self.runs = words([0, 0 if shuffled else NONE, NONE, 0, NONE, 0, 1, 0, NONE, 0, 0])
        self.x = floats(random.uniform(-2, 2, samples * units[0]))
        self.y = floats(random.integers(0, 4, samples) if task == 2 else random.uniform(-1, 1, samples))
        self.scalars = floats([0.01, 1.0, 0.1, 0.999, 0.001, 1e-8, 0, 0, 0, 0, 0, 0] * steps)
        self.parameters = floats(list(random.uniform(-0.4, 0.4, count)) + [0] * (padded - count))
        self.state = floats([0] * slots * padded)
        self.samples = samples

    def on_host(self, program, warps):
        """The parameters that the kernel on this machine comes to, with the samples in their order."""
        arrays = [self.places, self.left, self.right, self.runs, b"", self.x, self.y, b"", b"", self.parameters, self.state,
                  self.shape, b"", self.scalars, bytes(4), struct.pack("<I", warps)]
        sent = b"".join(struct.pack("<Q", len(array)) + array for array in arrays)
        answer = subprocess.run([program], input=sent, capture_output=True, check=True).stdout
        for _ in range(4):
            length, = struct.unpack_from("<Q", answer)
            array, answer = answer[8 : 8 + length], answer[8 + length :]
        return array

    def on_machine(self, machine, warps):
        order = np.arange(self.samples, dtype=U32).tobytes()
        p = machine.place
        parameters = p(self.parameters)
        arguments = [self.shape, p(self.places), p(self.left), p(self.right), p(self.runs), p(self.x), p(self.y), p(b""),
                     p(order), p(self.scalars), p(b""), p(b""), parameters, p(self.state), p(bytes(8)), p(bytes(8)),
                     p(bytes(16)), p(bytes(4)), p(bytes(16))]
        first = machine.arguments - len(self.shape) - 8 * (len(arguments) - 1)
        machine.launch(arguments, warps, 4 * self.memory, first)
        return bytes(machine.memory[parameters - BASE :][: len(self.parameters)])


def main():
    cubin = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "host")
        source = os.path.join(os.path.dirname(__file__), "../../src/engine/fused/kernel/host.cpp")
        subprocess.run(["c++", "-std=c++17", "-O2", "-ffp-contract=off", source, "-o", program], check=True)
        print("| training | warps | instructions a step | floating point | LDS | STS | LDG | local |")
        print("|---|---|---|---|---|---|---|---|")
        for name, units, task, warps in [("W1", [2, 6, 1], 0, 1), ("W2", [2, 32, 32, 1], 0, 8), ("W3", [2, 64, 64, 64, 4], 2, 16)]:
            for shuffled in (False, True):
                counts = []
                for steps in (1, 2):
                    network, machine = Network(units, task, 50, steps, shuffled), Machine(cubin, "train_plain")
                    ours = network.on_machine(machine, warps)
                    unshuffled = Network(units, task, 50, steps, False)
                    assert ours == unshuffled.on_host(program, warps), f"{name}: other bits than on this machine"
                    by_kind = Counter()
                    for at, count in machine.counts.items():
                        by_kind[machine.code[at][1][0]] += count
                    counts.append(by_kind)
                step = counts[1] - counts[0]
                floating = sum(count for kind, count in step.items() if kind in FLOATING)
                local = step["LDL"] + step["STL"]
                what = f"{name}, shuffled" if shuffled else name
                print(f"| {what} | {warps} | {sum(step.values())} | {floating} | {step['LDS']} | {step['STS']} | {step['LDG']} | {local} |",
                      flush=True)


if __name__ == "__main__":
    main()
