//! The examples of `docs/data.md`: a table, and what is said of it.

use tallow::table::{Reading, read, understand};

#[test]
fn the_examples_of_the_documentation_hold() {
    let page = std::fs::read_to_string("docs/data.md").expect("the page");
    let blocks: Vec<(&str, &str)> = page
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').expect("a kind of block, then its lines"))
        .filter(|(kind, _)| ["csv", "text"].contains(kind))
        .collect();
    assert!(blocks.len() >= 6 && blocks.len() % 2 == 0);
    for pair in blocks.chunks(2) {
        let [("csv", table), ("text", said)] = pair else { panic!("a table, then what is said of it: {pair:?}") };
        let reading = Reading::default();
        let seen = match read(table.as_bytes(), &reading) {
            Err(error) => error.to_string(),
            Ok(table) => match understand(&table, &reading) {
                Err(error) => error.to_string(),
                Ok(understood) => understood.to_string(),
            },
        };
        assert_eq!(seen, said.trim_end());
    }
}
