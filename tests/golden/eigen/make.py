#!/usr/bin/env python3
"""Makes eigen.json beside it: eigenvectors and QR decompositions of small matrices by LAPACK in f64, through numpy.

    pip install numpy
    python tests/golden/eigen/make.py            write the file
    python tests/golden/eigen/make.py --check    compute it anew and compare

Each case is a matrix, row by row, of low rank or full, with eigenvalues that lie apart or over eight orders of magnitude; then
what LAPACK makes of it: eigenvalues in descending order, eigenvectors as columns in that order, and Q of another matrix.
"""

import json
import pathlib
import sys

import numpy

FILE = pathlib.Path(__file__).resolve().parent / "eigen.json"

# Size, rank, the ratio of the largest eigenvalue to the smallest that is not 0.
CASES = [(1, 1, 1), (2, 2, 10), (3, 1, 1), (6, 2, 100), (7, 7, 1e8), (16, 5, 1e3), (24, 24, 1e6)]


def case(size, rank, ratio):
    random = numpy.random.default_rng(1000 * size + rank)
    basis = numpy.linalg.qr(random.standard_normal((size, size)))[0][:, :rank]
    values = ratio ** -(numpy.arange(rank) / max(rank - 1, 1))
    matrix = (basis * values) @ basis.T
    matrix = (matrix + matrix.T) / 2
    values, vectors = numpy.linalg.eigh(matrix)
    general = random.standard_normal((size, size))
    return {
        "size": size,
        "rank": rank,
        "matrix": matrix.ravel().tolist(),
        "values": values[::-1].tolist(),
        "vectors": vectors[:, ::-1].ravel().tolist(),
        "general": general.ravel().tolist(),
        "q": numpy.linalg.qr(general)[0].ravel().tolist(),
    }


def main():
    ours = [case(*of) for of in CASES]
    if "--check" not in sys.argv:
        FILE.write_text(json.dumps(ours, separators=(",", ":")))
        return
    for mine, theirs in zip(ours, json.loads(FILE.read_text()), strict=True):
        known = mine["rank"]
        for key in ("matrix", "values", "general", "q"):
            assert numpy.allclose(mine[key], theirs[key], 1e-9, 1e-12), key
        shaped = [numpy.reshape(of["vectors"], (mine["size"], -1))[:, :known] for of in (mine, theirs)]
        assert numpy.allclose(numpy.abs(numpy.sum(shaped[0] * shaped[1], 0)), 1, 1e-9), "vectors"


if __name__ == "__main__":
    main()
