//! Policy: Cedar schema, layers, compiled slices, the remedy search
