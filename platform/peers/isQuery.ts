/** Whether a document of one operation, with its kind in front where it has one, changes nothing; in doubt it does. */
export const isQuery = (document: string): boolean => /^\s*(query\b|\{)/.test(document);
