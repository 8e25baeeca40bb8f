"""The engine: values, signatures, the recorded graph, compiled programs, capture and statistics."""
