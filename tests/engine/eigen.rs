//! The bases that SOAP needs, against LAPACK's in f64.

use serde_json::Value as Json;
use tallow::numerics::{eigenbasis, orthonormal};

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Σ a b of two columns of matrices of this size.
fn along(a: &[f64], b: &[f64], n: usize, [i, j]: [usize; 2]) -> f64 {
    (0..n).map(|k| a[k * n + i] * b[k * n + j]).sum()
}

#[test]
fn bases_are_those_of_lapack_up_to_signs_where_these_are_determined() {
    let file = include_str!("../golden/eigen/eigen.json");
    let cases: Vec<Json> = serde_json::from_str(file).expect("JSON");
    assert!(cases.len() > 5);
    for case in cases {
        let [n, rank] = ["size", "rank"].map(|key| case[key].as_u64().expect("a number") as usize);
        let values = numbers(&case["values"]);
        let matrix = numbers(&case["matrix"]);
        let basis = eigenbasis(matrix.clone(), n, f64::EPSILON);
        let q = orthonormal(numbers(&case["general"]), n);
        let [vectors, theirs] = ["vectors", "q"].map(|key| numbers(&case[key]));
        for i in 0..n {
            if i < rank {
                let error = 1.0 - along(&basis, &vectors, n, [i, i]).abs();
                assert!(error.abs() < 1e-13, "{n} of rank {rank}, vector {i}: {error:e}");
                let image: Vec<f64> = (0..n).map(|row| along(&matrix, &basis, n, [row, i])).collect();
                let value: f64 = image.iter().enumerate().map(|(row, x)| x * basis[row * n + i]).sum();
                assert!((value - values[i]).abs() < 1e-14 * n as f64, "{n} of rank {rank}: {value} for {}", values[i]);
            }
            assert!((1.0 - along(&q, &theirs, n, [i, i]).abs()).abs() < 1e-13, "{n}: column {i} of Q");
            for j in 0..n {
                let unit = if i == j { 1.0 } else { 0.0 };
                assert!((along(&basis, &basis, n, [i, j]) - unit).abs() < 1e-14 * n as f64, "{n} of rank {rank}");
                assert!((along(&q, &q, n, [i, j]) - unit).abs() < 1e-14 * n as f64, "{n}");
            }
        }
    }
}
