//! Writes the sample shops: `cargo run -p parcelward-import --example generate_samples [FOLDER]` (default: `samples` of this repository).

mod generator;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder =
        std::env::args_os().nth(1).map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples")), PathBuf::from);
    let shop = generator::generate(generator::SEED);
    let files = generator::tables::files(&shop);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("orders.csv"), &files.orders_csv)?;
    std::fs::write(folder.join("shipments.xlsx"), generator::tables::shipments_xlsx(&files.shipments)?)?;
    std::fs::write(folder.join("after_sales.csv"), &files.after_sales_csv)?;
    std::fs::write(folder.join("facts.jsonl"), &files.facts_jsonl)?;
    std::fs::write(folder.join("staff.jsonl"), &files.staff_jsonl)?;
    std::fs::write(folder.join("situations.tsv"), &files.situations_tsv)?;
    let more = generator::platforms::files(generator::SEED);
    for (name, bytes) in &more.csv {
        std::fs::write(folder.join(name), bytes)?;
    }
    for (name, sheet, rows) in &more.xlsx {
        std::fs::write(folder.join(name), generator::platforms::workbook(sheet, rows)?)?;
    }
    println!(
        "{} orders, {} parcels, {} after-sales in {}",
        shop.orders.len(),
        shop.shipments.len(),
        shop.after_sales.len(),
        folder.display()
    );
    Ok(())
}
