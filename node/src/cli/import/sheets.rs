//! A sheet's file: read, and written back with what became of each row.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dirchain_ledger::language::Language;

use crate::import::sheet::{self, Entries, FileKind, Sheet, SheetError};
use crate::import::{Catalogue, Plan, Report};

/// A sheet that was read, and where it will be written back.
pub(super) struct SheetFile {
    sheet: Sheet,
    rows: Entries,
    result: PathBuf,
    kind: FileKind,
}

impl SheetFile {
    /// Reads a file: its entries, and what is needed to write it back.
    pub(super) fn read(
        file: &Path,
        name: Option<&str>,
        result: Option<&Path>,
    ) -> anyhow::Result<(Catalogue, Self)> {
        let kind = FileKind::of(file)?;
        let result = result.map_or_else(|| beside(file), Path::to_path_buf);
        let result_kind = FileKind::of(&result)?;
        anyhow::ensure!(
            result != file,
            "--result names the file that is read. Name another"
        );
        anyhow::ensure!(
            kind == FileKind::Csv || result_kind == FileKind::Xlsx,
            SheetError::WorkbookAsCsv
        );
        let bytes = super::read_bounded(file, sheet::FILE_BYTES_MAX)?;
        let sheet = sheet::read(&bytes, kind, name)?;
        drop(bytes);
        let mut rows = sheet::entries(&sheet)?;
        let catalogue = std::mem::replace(&mut rows.catalogue, Catalogue { rows: Vec::new() });
        let read = Self {
            sheet,
            rows,
            result,
            kind: result_kind,
        };
        Ok((catalogue, read))
    }

    /// Writes the sheet with what became of its rows, whole or not at all. Where it is. What an
    /// earlier run wrote there, and somebody may have mended since, is kept beside it with a `~`.
    pub(super) fn write_back(
        &self,
        plan: &Plan,
        report: &Report,
        language: Language,
    ) -> anyhow::Result<PathBuf> {
        let outcomes = sheet::outcomes(&self.rows, plan, report, language);
        let bytes = sheet::written_back(self.kind, &self.sheet, &outcomes)?;
        if self.result.exists() {
            let kept = with_suffix(&self.result, "~");
            let named = || format!("keeping {} as {}", self.result.display(), kept.display());
            std::fs::rename(&self.result, &kept).with_context(named)?;
        }
        write(&self.result, &bytes)?;
        Ok(self.result.clone())
    }
}

/// Writes an empty sheet with every heading.
pub(super) fn write_template(path: &Path) -> anyhow::Result<()> {
    let kind = FileKind::of(path)?;
    anyhow::ensure!(
        !path.exists(),
        "{} is there already. Name another file",
        path.display()
    );
    write(path, &sheet::template(kind)?)
}

/// `catalogue.xlsx` becomes `catalogue.result.xlsx`.
fn beside(file: &Path) -> PathBuf {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    file.with_extension(format!("result.{extension}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let named = || format!("writing {}", path.display());
    let partial = with_suffix(path, ".partial");
    std::fs::write(&partial, bytes).with_context(named)?;
    std::fs::rename(&partial, path).with_context(named)
}
