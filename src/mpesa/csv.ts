/**
 * The rows of a CSV file (RFC 4180), empty lines left out. A quote that is never closed takes the rest of the file. A spreadsheet may have
 * put semicolons or tabs in the place of commas.
 */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const source = text.replace(/^\uFEFF/, '')
  const between = [';', '\t'].find((mark) => source.split(mark).length > source.split(',').length) ?? ','
  const field = new RegExp(`("(?:[^"]|"")*"?|[^"${between}\\r\\n]*)(${between}|\\r?\\n|\\r|$)`, 'y')
  while (field.lastIndex < source.length) {
    const [, written = '', end = ''] = field.exec(source) ?? [undefined, source.slice(field.lastIndex), '']
    row.push(written.startsWith('"') ? written.replace(/^"|"$/g, '').replaceAll('""', '"') : written)
    if (end === between) continue
    if (row.some((cell) => cell.trim() !== '')) rows.push(row)
    row = []
    if (field.lastIndex === 0) break
  }
  if (row.some((cell) => cell.trim() !== '')) rows.push(row)
  return rows
}
