"""Writes reference.json: what SciPy, statsmodels and rliable-like formulas say of the same samples.

    python -m venv venv && venv/bin/pip install numpy==2.4.* scipy==1.17.* statsmodels==0.15.*
    venv/bin/python make.py > reference.json
"""
import itertools
import json
import math

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20261125)


def sample(n, kind):
    """Differences: continuous, two-humped, tied, or with zeros."""
    if kind == "continuous":
        return rng.normal(0.3, 1.0, n)
    if kind == "two-humped":
        return np.where(rng.random(n) < 0.3, 2.0, 0.1) * rng.normal(0.4, 1.0, n)
    if kind == "tied":
        return np.round(rng.normal(0.5, 1.5, n))
    return np.round(rng.normal(0.2, 1.0, n), 1) * (rng.random(n) < 0.8)


def exact_tails(d):
    """Chances of the sum of positive ranks, over all signs of the mid-ranks, by brute force."""
    d = d[d != 0]
    ranks = stats.rankdata(np.abs(d))
    seen = ranks[d > 0].sum()
    sums = np.array([np.dot(signs, ranks) for signs in itertools.product((0, 1), repeat=len(d))])
    return float(np.mean(sums <= seen + 1e-9)), float(np.mean(sums >= seen - 1e-9))


def hodges_lehmann(d):
    """As R's wilcox.test(d, conf.int = TRUE, exact = TRUE) for samples without ties: qsignrank by its distribution."""
    n = len(d)
    i, j = np.triu_indices(n)
    walsh = np.sort((d[i] + d[j]) / 2)
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1
    for rank in range(1, n + 1):
        ways[rank:] = ways[rank:] + ways[:-rank]
    quantile = int(np.searchsorted(np.cumsum(ways) / 2.0**n, 0.025))
    quantile = max(quantile, 1)
    return [float(np.median(walsh)), float(walsh[quantile - 1]), float(walsh[len(walsh) - quantile])]


out = {"signed_rank": [], "hodges_lehmann": [], "friedman": [], "nemenyi": [], "wilson": [], "student": [], "normal": []}
for kind in ("continuous", "two-humped", "tied", "zeros"):
    for n in (5, 6, 10, 14):
        d = sample(n, kind)
        out["signed_rank"].append({"d": d.tolist(), "tails": exact_tails(d)})
for n in (20, 25, 40, 50):
    d = sample(n, "two-humped")
    two = stats.wilcoxon(d, method="exact")
    out["signed_rank"].append({"d": d.tolist(), "p": float(two.pvalue)})
for n in (80, 120):
    d = sample(n, "tied")
    d = d[d != 0]
    out["signed_rank"].append({"d": d.tolist(), "p": float(stats.wilcoxon(d, method="approx", correction=True).pvalue)})
for kind in ("continuous", "two-humped"):
    for n in (5, 6, 8, 10, 20, 25, 30):
        d = sample(n, kind)
        out["hodges_lehmann"].append({"d": d.tolist(), "found": hodges_lehmann(d)})
for n, k in ((6, 3), (16, 4), (10, 5)):
    for tied in (False, True):
        costs = rng.normal(size=(n, k)) + np.arange(k) * 0.4
        costs = np.round(costs) if tied else costs
        chi = float(stats.friedmanchisquare(*costs.T).statistic)
        f = (n - 1) * chi / (n * (k - 1) - chi)
        ranks = np.mean([stats.rankdata(row) for row in costs], axis=0)
        p = float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
        out["friedman"].append({"costs": costs.tolist(), "chi_square": chi, "p": p, "ranks": ranks.tolist()})
for k in (2, 3, 4, 5, 10, 20):
    q = float(stats.studentized_range.ppf(0.95, k, np.inf))
    out["nemenyi"].append({"k": k, "q": q})
for k, n in ((0, 5), (1, 20), (3, 5), (37, 50)):
    low, high = stats.binomtest(k, n).proportion_ci(method="wilson")
    out["wilson"].append({"k": k, "n": n, "low": low, "high": high})
for df in (1, 4, 9, 19, 49):
    out["student"].append({"df": df, "quantile": float(stats.t.ppf(0.975, df)), "tail": float(stats.t.sf(2.2, df))})
for p in (0.2, 0.1, 0.025, 0.0005):
    out["normal"].append({"p": p, "quantile": float(stats.norm.isf(p))})
p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.02]
out["holm"] = {"p": p, "corrected": multipletests(p, method="holm")[1].tolist()}
# Nadeau and Bengio's corrected t-test of ten re-splits, 80 rows trained on and 20 held out.
d = rng.normal(0.02, 0.03, 10)
t = d.mean() / math.sqrt(d.var(ddof=1) * (1 / 10 + 20 / 80))
out["resplit"] = {"d": d.tolist(), "test": 20, "train": 80, "p": float(2 * stats.t.sf(abs(t), 9))}
# Dodge et al.: expected maximum of a validation score after k trials, as a minimum of costs.
costs = np.sort(rng.gamma(2.0, 1.0, 7))
ks = range(1, 8)
best = [float(sum(x * (((7 - i) / 7) ** k - ((6 - i) / 7) ** k) for i, x in enumerate(costs))) for k in ks]
out["expected_best"] = {"costs": costs.tolist(), "best": best}
# A 3 x 4 grid with an interaction: sums of squares of a two-way layout.
a, b = np.meshgrid(np.arange(3), np.arange(4), indexing="ij")
y = 1.0 * a + 0.5 * b + 0.7 * (a == 2) * (b == 3)
total = ((y - y.mean()) ** 2).sum()
ss_a = 4 * ((y.mean(1) - y.mean()) ** 2).sum()
ss_b = 3 * ((y.mean(0) - y.mean()) ** 2).sum()
out["shares"] = {"y": y.ravel().tolist(), "a": ss_a / total, "b": ss_b / total, "ab": (total - ss_a - ss_b) / total}
print(json.dumps(out, indent=1))
