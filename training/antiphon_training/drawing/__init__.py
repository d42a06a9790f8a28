"""The performer as an ONNX graph, drawn by hand from a network's weights.

It plays what performer.py plays, number for number (export.py compares them), in fewer nodes: embeddings are folded
through the input weights into one table that is only looked up, each layer has one matrix for what it hears and what
it remembers, and time is a loop inside, so that one graph steps and reads primers.
"""

from antiphon_training.drawing.whole import draw

__all__ = ["draw"]
