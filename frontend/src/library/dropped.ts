// Files that were dropped on the page, those inside dropped folders too.

/** Return the files of a drop, folder by folder, each with the folders that it lies in; hidden ones are left out. */
export async function filesOf(dropped: DataTransfer): Promise<Map<File, string>> {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.length) return new Map([...dropped.files].map((file) => [file, ""]));
  const files = new Map<File, string>();
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, files: Map<File, string>): Promise<void> {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise<File>((give, fail) => (entry as FileSystemFileEntry).file(give, fail));
    files.set(file, entry.fullPath.split("/").slice(1, -1).join("/"));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((give, fail) => reader.readEntries(give, fail));
    if (!some.length) return; // a browser gives a hundred at a time
    for (const one of some) await collect(one, files);
  }
}
