//! What a report was made from and by, in words without clock, host or path.

use crate::analysis::Analysis;
use crate::text;

/// What decides the bits, and a hash of all runs in plan order. Not tallow's version, of which alone nothing changes.
pub(super) fn of(analysis: &Analysis) -> String {
    let mut grid = blake3::Hasher::new();
    analysis.rows.iter().for_each(|row| _ = grid.update(&row.id.0));
    format!(
        "numerics {} · {}, whose identities hash to {}",
        analysis.numerics(),
        text::count(analysis.rows.len(), "run"),
        &grid.finalize().to_hex()[..16],
    )
}
