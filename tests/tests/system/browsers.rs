//! The explorer as people meet it with a browser, and its interface as programs meet it that know
//! nothing but its document: over real nodes with the sample city and the real catalogues.

use std::time::Duration;

use dirchain_tests::{City, script};
use serde_json::Value;

use crate::imports::{AGENCIES, import, register_agencies};

const BROWSER: Duration = Duration::from_secs(580);
const INTERFACE: Duration = Duration::from_secs(580);

/// A city whose ledger holds a record of every kind that has pages.
fn city() -> City {
    let city = City::loaded();
    let file = |name: &str, text: &str| {
        let path = city.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let schema = file("schema.sql", "BDCQZH text, QLRMC text");
    let measure = file(
        "measure.json",
        r#"{ "measure": "reorganise", "kind": "split", "document": "京编办〔2026〕1号",
             "transfers": [ { "responsibility": "Z-D012-01", "from": "D012", "to": "D014" } ] }"#,
    );
    city.cli(0, "keys new D012-gateway").ok();
    let offer = city
        .cli(
            0,
            "keys offer D012-gateway --department D012 --role gateway",
        )
        .ok();
    let offer = file("offer.json", &offer);
    let shown = city.cli(0, "keys show D012-gateway").ok();
    let key = shown
        .lines()
        .find_map(|line| line.strip_prefix("public key"));
    let key = key.expect("the key is shown").trim();
    register_agencies(&city);
    for (agency, _, file, count) in AGENCIES {
        assert_eq!(import(&city, 0, agency, file)["created"], count);
    }
    for words in [
        format!("key register {offer} --as D012-head --wait"),
        format!(
            "binding propose 103001/000001 --as D012-administrator --system 不动产库 --schema {schema} \
             --column BDCQZH=1 --column QLRMC=2 --gateway {key} --wait"
        ),
        format!("binding report 103001/000001/1 --as D012-gateway --schema {schema} --wait"),
        "objection raise 103001/000001 --as D047-administrator --fields 2 --reason 有误 --wait"
            .to_owned(),
        "finding open J-2026-001 --as D025-inspector --resource 103001/000001 --title 不及时 \
         --due 2040-01-01 --wait"
            .to_owned(),
        "demand raise X-D047-2026-01 --as D047-administrator --text 无人编目 --wait".to_owned(),
        "element define DE00001 --as D029-administrator --name 证件号码 --definition 号码 --type C --wait"
            .to_owned(),
        format!("proposal propose {measure} --reason 机构改革 --as D001-head --wait"),
    ] {
        city.cli(0, &words).ok();
    }
    seal_receipts(&city);
    city
}

/// The gateway of D012 seals what was used, and what was denied, since the binding is live.
fn seal_receipts(city: &City) {
    let newest = || city.client(0).status().unwrap().tip.time.to_string();
    let used = newest();
    city.cli(
        0,
        "demand raise X-D008-2026-01 --as D008-administrator --text 参保月数 --wait",
    )
    .ok();
    let log = city.dir().join("access.csv");
    let lines = format!(
        "time,reader,fields,rows,denied,note\n{used},D047,2,1,false,\n{used},D047,2,3,false,\n\
         {used},D008,1,0,true,\n"
    );
    std::fs::write(&log, lines).unwrap();
    let log = log.to_str().unwrap();
    let seal = format!(
        "receipts seal {log} --as D012-gateway --binding 103001/000001/1 --until {}",
        newest()
    );
    let told = city.cli(0, &format!("{seal} --dry-run")).ok();
    assert!(told.contains("2 batches with 3 calls"), "{told}");
    let kept = city.dir().join("access.csv.receipts");
    assert!(!kept.exists(), "a dry run writes nothing");
    city.cli(0, &format!("{seal} --wait")).ok();
    assert!(kept.exists());
}

#[test]
fn a_browser_finds_reads_proves_and_follows() {
    let city = city();
    let downloads = city.dir().join("downloads");
    let paths = [
        dirchain_tests::program(),
        city.layout.dir().to_path_buf(),
        city.layout.passphrase_file(),
        downloads,
    ];
    let url = city.nodes[0].url();
    let mut arguments = vec![url.as_str()];
    arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
    let told = script("browser.py", &arguments, city.dir(), BROWSER).ok();
    let counted: Value = serde_json::from_str(&told).unwrap();
    assert!(counted["pages"].as_u64() > Some(50), "{counted}");
    assert_eq!(counted["serious"], 0, "{counted}");
}

#[test]
fn the_interface_is_what_its_document_says() {
    let city = city();
    let url = city.nodes[0].url();
    let told = script("interface.py", &[&url], city.dir(), INTERFACE).ok();
    assert!(told.contains(" passed"), "{told}");
}
