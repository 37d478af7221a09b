"""What figures mean, in a line each."""

# In the order of the page, each with what to look for.
CAPTIONS = {
    "reconstructions": "Examples the model has not been trained on, and what comes back from their codes: look for "
    "blur and for details that are lost.",
    "rows": "Rows of the test set, and what comes back from their codes: words that come back as others are red.",
    "samples": "Codes drawn from the prior, decoded: look for variety, and for what could be mistaken for data.",
    "nearest": "Under each sample stands the training event that it is nearest to: look for copies.",
    "class_samples": "Codes drawn from the prior and decoded as each class: what stands beside a class should show it "
    "alone, and differ. The first of every class is the same draw, and so is the second: they often share their style.",
    "completions": "Draws from the prior of one condition, decoded: look for completions that differ and all fit it.",
    "codes": "Where the examples lie among the codes, coloured by class where there is one: islands of one colour "
    "mean that the code found the class.",
    "features": "A line for each of the clearest units of the dictionary: how many test examples turn it on, and those "
    "that do so most, weaker ones paler. Look for what the examples of a line have in common.",
    "interpolations": "A straight line between the codes of two examples: each step should look like data.",
    "traversals": "One number of the code moves while the others rest, the most informative first: a row with few nats "
    "should hardly change, a good row changes one thing.",
    "manifold": "The whole code of two numbers at a glance: neighbours should resemble each other.",
    "fields": "The score of every setting against each field that the sweep changed; bars are 95 % intervals over "
    "seeds, the line joins the best of each value.",
    "heat": "The mean score of each pair of values, the best darkest, shaded by rank.",
    "tradeoff": "What codes cost and what they save: low and to the left is better, and no mixture of these settings "
    "passes the hull. A rate near 0 is posterior collapse.",
    "parallel": "A line a setting, through its values and its score, the best darkest: look where dark lines meet.",
    "comparison": "What different settings draw from the prior, the best first.",
    "curves": "Both lines falling together is learning; validation that turns up while training falls is overfitting. "
    "Point at a plot for the values there; beside the names stand the last ones.",
}

# The same of a model that is told something of each example: --condition.
BESIDE = {
    "codes": "Where the examples lie among the codes, coloured by class where there is one. The model is told the "
    "condition of each example beside its code, so the code need not say it again.",
    "interpolations": "A straight line between the codes of two examples, and between their conditions: each step "
    "should look like data.",
    "traversals": "One number of the code moves while the others and the condition, that of the first example, rest; "
    "the most informative number first: a row with few nats should hardly change, a good row changes one thing.",
    "manifold": "The whole code of two numbers at a glance, under the condition of the first example: neighbours "
    "should resemble each other.",
}
TOLD_CLASS = {
    "codes": "Where the examples lie among the codes, coloured by class. The model is told the class beside the code: "
    "colours that mix mean that the code holds what the classes share, islands of one colour that it repeats the class,"
    " or that each class has a prior of its own.",
}


def caption(name: str, condition: str = "none") -> str:
    """What to look for in a figure of a run with that `--condition`; "" of an unknown figure."""
    own = {"none": {}, "label": BESIDE | TOLD_CLASS}.get(condition, BESIDE)
    return own.get(name, CAPTIONS.get(name, ""))
