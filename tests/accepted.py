"""What is said of published, well-known models: looked at one by one, and true."""

#: (path, line, rule) -> why the warning is true.
ACCEPTED: dict[tuple[str, int, str], str] = {
    ("BVLC+caffe/examples/mnist/lenet_stepearly_solver.prototxt", 18, "unknown-field"): (
        "`stepearly` is in no release's SolverParameter; protobuf refuses the file (the manifest notes the same failure)"
    ),
    **dict.fromkeys(
        (("BVLC+caffe/examples/mnist/lenet_stepearly_solver.prototxt", line, "solver-net-missing") for line in (2, 4)),
        "the solver names `lenet_train.prototxt` and `lenet_test.prototxt`, which are not in its folder",
    ),
    ("ducha-aiki+caffenet-benchmark/resnetbn_56_bn_after.prototxt", 131, "in-place-hazard"): (
        "ReLU works in place, then BatchNorm overwrites the blob: relu_layer.cpp looks at the sign of the overwritten "
        "data in its backward pass"
    ),
    ("lim0606+caffe-googlenet-bn/deploy.prototxt", 3102, "mixed-dialect"): (
        'the last of 300 layers is written `layers { type: "Softmax" }`: V1\'s type is an enum, so protobuf refuses the '
        "quoted string (the manifest notes the same failure)"
    ),
}
