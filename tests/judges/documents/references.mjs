// References within a document.

/** What a reference leads to within the document, through further references; undefined where it leads nowhere. */
export function resolved(document, node) {
  for (let steps = 0; node && typeof node === "object" && typeof node.$ref === "string"; steps++) {
    if (!node.$ref.startsWith("#") || steps > 50) return undefined;
    const keys = node.$ref.slice(1).split("/").slice(1).map(unescaped);
    node = keys.reduce((place, key) => place?.[key], document);
  }
  return node;
}

function unescaped(key) {
  const plain = key.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
