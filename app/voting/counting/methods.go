package counting

// Method names a counting method.
type Method string

// The methods.
const (
	// Plurality elects the option that most ballots choose; a ballot chooses one option. With Seats, the first ones
	// win; with AbsoluteMajority nobody wins without more than half of the expressed ballots, and the first two go to
	// a second round (as in French elections, Code électoral L. 126 and L. 253). Of a ranking, the first place is
	// read, if one option alone holds it.
	//
	// Ties: left open unless the rule says otherwise. Complexity: linear in the marks.
	Plurality Method = "plurality"

	// Approval elects the options that most ballots approve; a ballot approves as many as it likes, or up to
	// MaxMarks (S. Brams and P. Fishburn, "Approval Voting", 1978). Of a ranking, the first place is read as the
	// approved options.
	//
	// Ties: left open unless the rule says otherwise. Complexity: linear in the marks.
	Approval Method = "approval"

	// YesNoAbstain decides each option on its own: it is adopted when its yes exceed (or reach) a share, half unless
	// stated, of the base: yes + no, everyone present, or everyone entitled; and nothing is adopted under the quorum
	// (as in the deliberations of assemblies, e.g. Code général des collectivités territoriales L. 2121-17 and
	// L. 2121-20). As many yes as no adopt nothing.
	//
	// Ties: none. Complexity: linear in the marks.
	YesNoAbstain Method = "yes-no-abstain"

	// Score elects the option with the highest sum of scores, or with Mean the highest mean over the ballots that
	// scored it (W. Smith, "Range voting", 2000). An option without a score counts 0 in a sum.
	//
	// Ties: left open unless the rule says otherwise. Complexity: linear in the marks.
	Score Method = "score"

	// MajorityJudgment elects the option with the best majority grade, which is the lower median of the grades it
	// received. Between equal medians, one median grade is taken from each, and again, until they differ (M. Balinski
	// and R. Laraki, "A theory of measuring, electing, and ranking", PNAS 2007). Here the whole sequence is compared at
	// once, from the number of grades of each level.
	//
	// Ties: only options with identical grades remain tied; left open unless the rule says otherwise. Complexity:
	// linear in the marks, then options × grades.
	MajorityJudgment Method = "majority-judgment"

	// Borda gives n−1 points to the first of n options, n−2 to the second … 0 to the last; equal ranks share the mean
	// of their places, and unranked options the mean of the places left, or nothing with UnrankedZero (J.-C. de
	// Borda, "Mémoire sur les élections au scrutin", 1781). Halves are exact.
	//
	// Ties: left open unless the rule says otherwise. Complexity: ballots × options.
	Borda Method = "borda"

	// IRV, instant runoff: each ballot counts for its best-placed option still in the race; while none has more than
	// half of the ballots that still count, the last one is eliminated (W. Ware, 1871; used in Australia, Ireland,
	// Maine). A ballot without a next option, or whose next place holds several, is exhausted and leaves the base.
	//
	// Ties for last: the fewest votes in the latest earlier round where they differ, then the last on the ballot,
	// unless the rule says otherwise. Complexity: marks × 1 + options².
	IRV Method = "irv"

	// Schulze compares options two by two: option A defeats B when more ballots rank A above B. Between two options
	// the strongest chain of defeats decides, a chain being as strong as its weakest defeat, and a defeat as strong as
	// its winning votes (or its margin, with Margins). An option beaten by nobody's chains wins; one that wins all its
	// duels, the Condorcet winner, always does (M. Schulze, "A new monotonic, clone-independent, reversal symmetric,
	// and Condorcet-consistent single-winner election method", 2011). Unranked options are below all ranked ones. With
	// Default, options are first dropped as in the Debian constitution, A.6.
	//
	// Ties: left open unless the rule says otherwise. Complexity: ballots × options² + options³.
	Schulze Method = "schulze"

	// STV, single transferable vote, as in the Scottish Local Government Elections Order 2011 (weighted inclusive
	// Gregory): the quota is ⌊valid/(seats+1)⌋+1; the largest surplus is transferred first, every paper of the elected
	// candidate passing on at its value × surplus / votes, truncated to five decimals; without a surplus the last
	// candidate is excluded. One surplus or exclusion per stage.
	//
	// Ties: the latest earlier stage where they differ, then a lot (the first on the ballot is taken, unless the rule
	// says otherwise). Complexity: marks + stages × papers moved.
	STV Method = "stv"

	// PointVoting adds up the points that ballots distribute, PointsPerBallot at most each. With SquareRoot, v votes
	// cost v² points, so that strong preferences can be said at a growing price (quadratic voting: S. Lalley and
	// E. G. Weyl, 2018); votes are whole numbers, so that the sum is exact.
	//
	// Ties: left open unless the rule says otherwise. Complexity: linear in the marks.
	PointVoting Method = "points"

	// Greedy funds projects by decreasing votes (or points) as long as they fit, skipping those that do not (most
	// participatory budgets), or stopping there with NoSkip. Zones come before the city-wide envelope.
	//
	// Ties: the cheaper, then more ballots, then the smaller id, unless the rule says otherwise. Complexity: linear in
	// the marks + options × log.
	Greedy Method = "greedy"

	// EqualShares, the Method of Equal Shares: the envelope is divided equally between the ballots; a project is
	// funded only by its supporters, who pay equal parts of it (or all they have left); each round funds the project
	// that asks the least of a supporter per euro of cost (D. Peters and P. Skowron, 2020; "Proportional Participatory
	// Budgeting with Additive Utilities", 2021). With the utility "points", the part paid follows the points given.
	// Completions spend what is left: by votes (utilitarian), or by raising every share step by step while the outcome
	// fits the envelope (add1), until nothing more fits and then by votes (add1u; equalshares.net).
	//
	// Every share is an exact fraction: ties are seen exactly. Ties: as Greedy. Complexity: near-linear in the marks
	// for each increment.
	EqualShares Method = "equal-shares"

	// Phragmen, sequential: each funded project's cost is a load spread on its supporters; the next project is the one
	// that makes the highest load of its supporters the least (E. Phragmén, 1894; for budgets M. Los, Z. Christoff and
	// D. Grossi, 2022). The count stops when one of the next projects does not fit.
	//
	// Loads are exact fractions. Ties: as Greedy. Complexity: rounds × (options × rounds + marks moved).
	Phragmen Method = "phragmen"

	// Knapsack funds the set of projects with the most votes that fits the envelope (0–1 knapsack; R. Bellman, 1957),
	// by exact dynamic programming on the undominated sets, cut by a bound; it says so when that is too large. The
	// utilities "cost" and "points" maximise Σ votes × cost or the points instead.
	//
	// Ties: the cheaper set, then the one holding the project that the tie rule favours. Complexity: exponential at
	// worst, refused beyond some millions of sets.
	Knapsack Method = "knapsack"
)
