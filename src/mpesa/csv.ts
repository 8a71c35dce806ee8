/** The rows of a CSV file (RFC 4180), empty lines left out. A quote that is never closed takes the rest of the file. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const field = /("(?:[^"]|"")*"?|[^",\r\n]*)(,|\r?\n|\r|$)/y
  const source = text.replace(/^\uFEFF/, '')
  while (field.lastIndex < source.length) {
    const [, written = '', end = ''] = field.exec(source) ?? [undefined, source.slice(field.lastIndex), '']
    row.push(written.startsWith('"') ? written.replace(/^"|"$/g, '').replaceAll('""', '"') : written)
    if (end === ',') continue
    if (row.some((cell) => cell.trim() !== '')) rows.push(row)
    row = []
    if (field.lastIndex === 0) break
  }
  if (row.some((cell) => cell.trim() !== '')) rows.push(row)
  return rows
}
