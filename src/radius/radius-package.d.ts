/** What we use of the npm package: its dictionaries. Its checks of secrets and its encoder are not safe to use. */
declare module 'radius' {
  interface RadiusPackage {
    /** A file, or a folder of them. */
    add_dictionary(path: string): void
    /** Throws when a file cannot be read. */
    load_dictionaries(): void
    vendor_name_to_id(vendor: string): string | undefined
    /** Undefined when no dictionary has it. */
    attr_id_to_name(id: number, vendorId?: string): string | undefined
    /** Throws on an attribute whose content does not fit its dictionary. */
    decode_without_secret(from: { packet: Buffer }): { attributes: Record<string, unknown> }
    attr_name_to_id(name: string, vendorId?: string): string | undefined
  }
  const radius: RadiusPackage
  export default radius
}
