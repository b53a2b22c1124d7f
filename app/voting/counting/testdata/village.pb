META
key;value
description;Two groups: six want the dear projects, four the cheap ones
num_projects;4
num_votes;10
budget;100
vote_type;approval
rule;greedy
min_project_score_threshold;5
PROJECTS
project_id;cost;votes;name
A;60;6;Piscine
B;40;6;"Salle; de sport"
C;20;4;Bancs
D;20.00;4;Potager
VOTES
voter_id;vote
1;A,B
2;A,B
3;B,A
4;A,B
5;A,B
6;A,B
7;C,D
8;C,D
9;D,C
10;C,D
