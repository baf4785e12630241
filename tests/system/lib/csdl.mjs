// SPDX-License-Identifier: Apache-2.0
// Microsoft's description of Graph v1.0 (CSDL), as far as it says which properties a type has.
import fs from 'node:fs';

/** A function that lists what in an object is no property of its type: "user.colour", …. */
export function readCsdl(file) {
  // Other schemas below microsoft.graph have types of the same names.
  const [text] = /<Schema Namespace="microsoft\.graph".*?<\/Schema>/s.exec(fs.readFileSync(file, 'utf8'));
  const types = new Map();
  for (const [, , head, body] of text.matchAll(/<(EntityType|ComplexType) ([^>]*[^/])>(.*?)<\/\1>/gs)) {
    const [, name] = /Name="(\w+)"/.exec(head);
    const [, base] = /BaseType="graph\.(\w+)"/.exec(head) ?? [];
    const properties = new Map([...body.matchAll(/<(?:Navigation)?Property Name="(\w+)" Type="([^"]+)"/g)]
      .map(([, property, type]) => [property, type]));
    types.set(name, { base, properties });
  }
  const find = (type, property) => {
    for (let at = types.get(type); at; at = types.get(at.base))
      if (at.properties.has(property)) return at.properties.get(property);
    return null;
  };

  return function unknown(object, type) {
    return Object.entries(object).filter(([key]) => !key.startsWith('@')).flatMap(([key, value]) => {
      const kind = find(type, key);
      if (!kind) return [`${type}.${key}`];
      const inner = /^(?:Collection\()?graph\.(\w+)/.exec(kind)?.[1];
      const isList = kind.startsWith('Collection(');
      if (value !== null && Array.isArray(value) !== isList) return [`${type}.${key} (${kind})`];
      if (!types.has(inner)) return [];
      return [value].flat().filter((one) => one !== null).flatMap((one) => unknown(one, inner));
    });
  };
}
