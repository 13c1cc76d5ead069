//! What holds of every key, whoever declares it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn no_two_keys_give_a_value_to_one_name() {
    let mut owners: BTreeMap<&str, Vec<KeyId>> = BTreeMap::new();
    for key in KeyId::all() {
        // The same setting of two kinds of one choice is one name: a run has one of them.
        let names: BTreeSet<&str> = key.names().into_iter().chain(key.spellings().iter().copied()).collect();
        names.into_iter().for_each(|name| owners.entry(name).or_default().push(key));
    }
    owners.retain(|_, keys| keys.len() > 1);
    assert!(owners.is_empty(), "{owners:?}");
}

#[test]
fn every_flag_of_train_is_one_of_a_kind_and_says_the_default() {
    let flags: Vec<&Flag> = KeyId::all().filter_map(|key| key.flag()).collect();
    let words: Vec<&str> = flags.iter().flat_map(|flag| [Some(flag.long), flag.alias]).flatten().collect();
    assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len(), "{words:?}");
    for key in KeyId::all() {
        let Some(flag) = key.flag() else { continue };
        // What the default is, as a user would have to type it.
        let (name, toml) = key.toml(&RunConfig::default()).unwrap_or((flag.key, (flag.toml)(flag.default)));
        assert_eq!((name, flag.word(&toml).as_deref()), (flag.key, Some(flag.default)));
    }
}

#[test]
fn every_key_is_explained() {
    for key in KeyId::all() {
        assert!(!key.about().is_empty() && key.explain().ends_with('\n'), "{key:?}");
    }
}

#[test]
fn the_tutorials_dictionary_comes_first_and_in_its_order() {
    let tutorial = ["lib", "units", "depth", "activation", "learning_rate", "optimizer", "epochs", "batch_size"];
    assert_eq!(leading(), [&tutorial[..], &["dataset", "seed"]].concat());
}
