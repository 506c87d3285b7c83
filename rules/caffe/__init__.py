"""What Caffe's format and its own checks refuse."""
