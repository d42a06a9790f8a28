"""The mind: models from files, run by onnxruntime."""
