use std::{fs::File, io::Write, path::Path};

use crm_benches::{Result, house::Random};

/// What the file is called.
pub(crate) const NAME: &str = "purchases.txt";

/// A file of purchases in the form of CDNOW's.
pub(crate) fn purchases(folder: &Path, rows: usize, customers: usize) -> Result {
    let mut file = std::io::BufWriter::new(File::create(folder.join(NAME))?);
    let mut random = Random(5);
    writeln!(file, "customer_id date number_of_cds dollar_value")?;
    for row in 0..rows {
        // In the order of customers, as the real one.
        let customer = row * customers / rows + 1;
        let (month, day) = (1 + random.below(12), 1 + random.below(28));
        let (number, cents) = (1 + random.below(5), random.below(9_000));
        let (dollars, cents) = (cents / 100, cents % 100);
        writeln!(file, "{customer:05} 1997{month:02}{day:02} {number} {dollars}.{cents:02}")?;
    }
    Ok(file.flush()?)
}
