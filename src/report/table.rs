//! A table for a person: columns as wide as what is in them.

use unicode_width::UnicodeWidthStr;

/// Returns the lines of a table; an empty head is none.
pub fn table(head: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = Some(head).filter(|head| !head.is_empty()).into_iter().chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let text = table(row(&["NAME", "AGE"]), vec![row(&["é", "1"]), row(&["longer", "", "more"])]);
        assert_eq!(text, "NAME    AGE\né       1\nlonger       more\n");
        assert_eq!(table(Vec::new(), vec![row(&["a"])]), "a\n");
        assert_eq!(table(Vec::new(), Vec::new()), "");
    }
}
