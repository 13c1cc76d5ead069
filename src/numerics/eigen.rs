//! Orthonormal bases of small matrices in f64, by plain operations in a fixed order: the same bits everywhere.
//!
//! Matrices are square, row by row. Every loop goes along rows, so that compilers may do several numbers at once and change
//! none.

/// b ← b + k a.
#[inline(always)]
fn add(k: f64, a: &[f64], b: &mut [f64]) {
    for (b, a) in b.iter_mut().zip(a) {
        *b += k * a;
    }
}

#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

/// The reflection I − τ v vᵀ that takes a vector to a multiple of the first unit vector: v, whose first number is 1, in its
/// place, and τ; 0 where it is one already.
#[inline(always)]
fn reflection(x: &mut [f64]) -> f64 {
    let length = dot(x, x).sqrt();
    let Some((first, rest)) = x.split_first_mut() else { return 0.0 };
    if rest.iter().all(|&x| x == 0.0) {
        return 0.0;
    }
    let towards = if *first < 0.0 { length } else { -length };
    let divisor = *first - towards;
    let scale = -divisor / towards;
    rest.iter_mut().for_each(|x| *x /= divisor);
    *first = 1.0;
    scale
}

/// Reflects the columns of the last rows, as many as v has numbers, from a column on.
#[inline(always)]
fn reflect(rows: &mut [f64], n: usize, from: usize, v: &[f64], scale: f64, sums: &mut [f64]) {
    if scale == 0.0 {
        return;
    }
    let sums = &mut sums[from..];
    sums.fill(0.0);
    let first = n - v.len();
    for (row, v) in rows.chunks_exact(n).skip(first).zip(v) {
        add(scale * v, &row[from..], sums);
    }
    for (row, v) in rows.chunks_exact_mut(n).skip(first).zip(v) {
        add(-v, sums, &mut row[from..]);
    }
}

/// The product of reflections, the k-th of the numbers from `first` + k on.
#[inline(always)]
fn product(n: usize, first: usize, reflections: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let (mut q, mut sums) = (identity(n), vec![0.0; n]);
    for (k, (v, scale)) in reflections.iter().enumerate().rev() {
        reflect(&mut q, n, first + k, v, *scale, &mut sums);
    }
    q
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|k| if k / n == k % n { 1.0 } else { 0.0 }).collect()
}

/// Q of a = Q R: an orthonormal basis whose first columns span what those of `a` (`n × n`) span, by Householder's reflections.
#[inline(always)]
pub fn orthonormal(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    let mut sums = vec![0.0; n];
    let mut reflections = Vec::with_capacity(n);
    for k in 0..n.saturating_sub(1) {
        let mut v: Vec<f64> = a.chunks_exact(n).skip(k).map(|row| row[k]).collect();
        let scale = reflection(&mut v);
        reflect(&mut a, n, k, &v, scale, &mut sums);
        reflections.push((v, scale));
    }
    product(n, 0, &reflections)
}

/// The eigenvectors of a symmetric matrix without negative eigenvalues (`n × n`), as columns, the largest eigenvalue's first.
/// What eigenvalues up to `n · precision` times the largest say of their directions is rounding alone: in their place is
/// whatever unit vector has most left outside the directions before it, made orthogonal to them.
///
/// By reflections to a tridiagonal matrix, then by implicit QL steps (Bowdler et al. 1968).
#[inline(always)]
pub fn eigenbasis(a: Vec<f64>, n: usize, precision: f64) -> Vec<f64> {
    let (values, vectors) = eigen(a, n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let largest = order.first().map_or(0.0, |&first| values[first]);
    let known = order.iter().take_while(|&&k| values[k] > n as f64 * precision * largest).count();
    let mut rest = identity(n);
    let mut basis = Vec::with_capacity(n);
    for place in 0..n {
        let direction: Vec<f64> = if place < known {
            vectors[order[place] * n..][..n].to_vec()
        } else {
            let mut longest = (0, -1.0);
            for (k, row) in rest.chunks_exact(n).enumerate() {
                let square = dot(row, row);
                if square > longest.1 {
                    longest = (k, square);
                }
            }
            let length = longest.1.sqrt();
            rest[longest.0 * n..][..n].iter().map(|x| x / length).collect()
        };
        for row in rest.chunks_exact_mut(n) {
            let along = dot(row, &direction);
            add(-along, &direction, row);
        }
        basis.push(direction);
    }
    (0..n * n).map(|k| basis[k % n][k / n]).collect()
}

/// Most steps for an eigenvalue; three are usual.
const MOST: usize = 60;

/// The eigenvalues of a symmetric matrix in no order, and the eigenvector of each as a row.
#[inline(always)]
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; n];
    let mut reflections = Vec::with_capacity(n);
    for k in 0..n.saturating_sub(1) {
        let mut v = a[k * n + k + 1..(k + 1) * n].to_vec();
        let first = v[0];
        let length = dot(&v, &v).sqrt();
        let scale = reflection(&mut v);
        beside[k] = if scale == 0.0 {
            first
        } else if first < 0.0 {
            length
        } else {
            -length
        };
        if scale != 0.0 {
            // a ← a − v wᵀ − w vᵀ, w = p − ½ τ (pᵀ v) v, p = τ a v.
            let mut w = vec![0.0; v.len()];
            for (row, v) in a.chunks_exact(n).skip(k + 1).zip(&v) {
                add(scale * v, &row[k + 1..], &mut w);
            }
            let along = -0.5 * scale * dot(&w, &v);
            add(along, &v, &mut w);
            for ((row, &v_i), &w_i) in a.chunks_exact_mut(n).skip(k + 1).zip(&v).zip(&w) {
                let row = &mut row[k + 1..];
                for ((x, v), w) in row.iter_mut().zip(&v).zip(&w) {
                    *x -= v_i * w + w_i * v;
                }
            }
        }
        reflections.push((v, scale));
    }
    let mut values: Vec<f64> = (0..n).map(|k| a[k * n + k]).collect();
    let q = product(n, 1, &reflections);
    let mut vectors: Vec<f64> = (0..n * n).map(|k| q[k % n * n + k / n]).collect();
    for first in 0..n {
        for _ in 0..MOST {
            let is_small = |k: usize| beside[k].abs() <= f64::EPSILON * (values[k].abs() + values[k + 1].abs());
            let last = (first..n - 1).find(|&k| is_small(k)).unwrap_or(n - 1);
            if last == first {
                break;
            }
            step(&mut values, &mut beside, &mut vectors, n, first, last);
        }
    }
    (values, vectors)
}

/// One implicit QL step on the rows from `first` to `last`.
#[inline(always)]
fn step(values: &mut [f64], beside: &mut [f64], vectors: &mut [f64], n: usize, first: usize, last: usize) {
    let g = (values[first + 1] - values[first]) / (2.0 * beside[first]);
    let r = libm::hypot(g, 1.0);
    let mut g = values[last] - values[first] + beside[first] / (g + if g < 0.0 { -r } else { r });
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for k in (first..last).rev() {
        let (f, b) = (sine * beside[k], cosine * beside[k]);
        let r = libm::hypot(f, g);
        beside[k + 1] = r;
        if r == 0.0 {
            values[k + 1] -= shift;
            beside[last] = 0.0;
            return;
        }
        (sine, cosine) = (f / r, g / r);
        g = values[k + 1] - shift;
        let r = (values[k] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        values[k + 1] = g + shift;
        g = cosine * r - b;
        let (upper, lower) = vectors[k * n..(k + 2) * n].split_at_mut(n);
        for (x, y) in upper.iter_mut().zip(lower) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
    values[first] -= shift;
    beside[first] = g;
    beside[last] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_that_nothing_tells_apart_are_unit_vectors() {
        assert_eq!(eigenbasis(vec![0.0; 9], 3, f64::EPSILON), identity(3));
        // Twice the second unit vector, and nothing else.
        let mut one = vec![0.0; 16];
        one[5] = 4.0;
        let basis = eigenbasis(one, 4, f64::EPSILON);
        let columns: Vec<Option<usize>> =
            (0..4).map(|column| (0..4).find(|&row| basis[row * 4 + column].abs() == 1.0)).collect();
        assert_eq!(columns, [1, 0, 2, 3].map(Some));
        // What is below the precision is nothing.
        let faint = eigenbasis(vec![1.0, 1e-8, 1e-8, 1e-9], 2, 1e-7);
        assert!((faint[0].abs() - 1.0).abs() < 1e-12 && (faint[3].abs() - 1.0).abs() < 1e-12, "{faint:?}");
    }

    #[test]
    fn numbers_that_are_none_end_without_a_basis() {
        for size in 1..5 {
            assert_eq!(eigenbasis(vec![f64::NAN; size * size], size, f64::EPSILON).len(), size * size);
            assert_eq!(orthonormal(vec![f64::NAN; size * size], size).len(), size * size);
            assert_eq!(orthonormal(vec![0.0; size * size], size), identity(size));
        }
    }
}
